# SPDX-License-Identifier: MIT
# One rate-distortion plot in one theme. report/site_rate.c sets what is not set here:
#   file theme width height x_low x_high           the x axis is logarithmic
#   n_names name<i> style<i> $line<i>              ratio, recall@10
# Text is in single quotes throughout: in double quotes gnuplot executes backticks.
reset
dark = theme eq 'dark'

# As in trend.gp: a variant looks the same in both; from the ninth on it has another mark.
palette_light = '#5b6570 #0072b2 #c94f00 #007d58 #a8438f #806000 #5a3fc0 #9b2226'
palette_dark = '#a3adb8 #56b4e9 #f28e46 #35c79b #e393c8 #e3c94b #a99cff #ff8078'
colour(i) = word(dark ? palette_dark : palette_light, int(i) % 8 + 1)
mark(i) = int(word('13 7 9 5 11 15 6 4', (int(i) + 3 * (int(i) / 8)) % 8 + 1))
paper = dark ? '#161b22' : '#ffffff'
ink = dark ? '#d5dce4' : '#2b323a'
faint = dark ? '#3a434e' : '#d9dee4'

set terminal svg size width,height fixed standalone noenhanced font 'sans-serif,12' linewidth 1 background paper
set output file
set encoding utf8

set rmargin at screen 0.70
set border 3 linecolor rgb faint
set logscale x
set xrange [x_low:x_high]
set yrange [0:1]
set xtics nomirror scale 0.6 textcolor rgb ink format '%g' (16, 32, 50, 64, 100, 128, 200, 341)
set ytics nomirror scale 0 textcolor rgb ink 0.2 format '%g'
set grid xtics ytics linetype 1 linewidth 0.7 linecolor rgb faint
set xlabel 'compression ratio, as written (x)' textcolor rgb ink
set ylabel 'recall@10' textcolor rgb ink
set key at screen 0.72, graph 1 left top vertical Left reverse width -4 samplen 1.6 spacing 1.25 font ',10.5' textcolor rgb ink noenhanced

i = 0 # gnuplot 6 evaluates what an iteration speaks of even where it has no turns
plot for [i = 1:n_names] sprintf('$line%d', i) using 1:2 with linespoints linewidth 1.6 pointsize 0.6 \
         pointtype mark(value(sprintf('style%d', i))) linecolor rgb colour(value(sprintf('style%d', i))) \
         title value(sprintf('name%d', i))
set output
