# SPDX-License-Identifier: MIT
# One rate-distortion plot. report/site_rate.c sets what is not set here:
#   file width height x_low x_high                 the x axis is logarithmic
#   key_width key_columns                          of the legend
#   n_names name<i> style<i> $line<i>              ratio, recall@10
reset
set terminal svg size width,height fixed standalone noenhanced font 'sans-serif,12' linewidth 1 background paper
set output file
set encoding utf8

set border 3 linecolor rgb faint
set logscale x
set xrange [x_low:x_high]
set yrange [0:1]
set xtics nomirror scale 0.6 textcolor rgb ink format '%g' (16, 32, 64, 128, 200, 341)
set ytics nomirror scale 0 textcolor rgb ink 0.2 format '%g'
set grid xtics ytics linetype 1 linewidth 0.7 linecolor rgb faint
set xlabel 'compression ratio, as written (×)' textcolor rgb ink
set ylabel 'recall@10' textcolor rgb ink
set key outside top left horizontal Left reverse noenhanced textcolor rgb ink samplen 1.5 spacing 1.1 font small width key_width maxcols key_columns
# The frame's sides as in trend.gp.
set lmargin at screen 0.16
set rmargin at screen 0.91

i = 0 # gnuplot 6 evaluates what an iteration speaks of even where it has no turns
plot for [i = 1:n_names] sprintf('$line%d', i) using 1:2 with linespoints linewidth 1.6 pointsize 0.6 \
         pointtype mark(value(sprintf('style%d', i))) linecolor rgb colour(value(sprintf('style%d', i))) \
         title value(sprintf('name%d', i))
set output
