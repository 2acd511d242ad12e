# SPDX-License-Identifier: MIT
# How the blocks of each variant lie, in one theme. report/site_study.c sets what is not set here:
#   file theme width height left label y_low y_high n_variants       label: of the y axis
#   name<i> style<i> $box<i> $blocks<i>                              least, quarters, greatest; a row a block: x, time
# Text is in single quotes throughout: in double quotes gnuplot executes backticks.
reset
dark = theme eq 'dark'
palette_light = '#5b6570 #0072b2 #c94f00 #007d58 #a8438f #806000 #5a3fc0 #9b2226'
palette_dark = '#a3adb8 #56b4e9 #f28e46 #35c79b #e393c8 #e3c94b #a99cff #ff8078'
colour(i) = word(dark ? palette_dark : palette_light, int(i) % 8 + 1)
paper = dark ? '#161b22' : '#ffffff'
ink = dark ? '#d5dce4' : '#2b323a'
faint = dark ? '#3a434e' : '#d9dee4'

set terminal svg size width,height fixed standalone noenhanced font 'sans-serif,12' linewidth 1 background paper
set output file
set encoding utf8
set lmargin at screen left
set border 1 linecolor rgb faint
# Times lie along x: names of any length have room on their lines.
set yrange [n_variants + 0.5:0.5]
set logscale x
set xrange [y_low:y_high]
set xlabel label textcolor rgb ink noenhanced
set xtics nomirror scale 0.6 textcolor rgb ink format '%.3g'
set grid xtics linetype 1 linewidth 0.7 linecolor rgb faint
unset ytics
unset key
do for [i = 1:n_variants] {
    set label i value(sprintf('name%d', i)) at graph 0, first i right offset -1,0 textcolor rgb ink noenhanced
}
set boxwidth 0.5
set style fill solid 0.25 border
plot for [i = 1:n_variants] sprintf('$box%d', i) using 3:(i):2:4:(i - 0.22):(i + 0.22) with boxxyerror linewidth 1.2 linecolor rgb colour(value(sprintf('style%d', i))), \
     for [i = 1:n_variants] sprintf('$box%d', i) using 3:(i):1:5 with xerrorbars pointtype -1 linewidth 1.2 linecolor rgb colour(value(sprintf('style%d', i))), \
     for [i = 1:n_variants] sprintf('$blocks%d', i) using 2:1 with points pointtype 7 pointsize 0.3 linecolor rgb colour(value(sprintf('style%d', i)))
set output
