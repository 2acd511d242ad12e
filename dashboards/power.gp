# SPDX-License-Identifier: MIT
# The power curve of a drill. report/site_drill.c sets what is not set here:
#   file width height margin x_high               margin, x_high: per cent
#   $drill     slowdown, detected, low, high: per cent; the slowdown's name
reset
set terminal svg size width,height fixed standalone noenhanced font 'sans-serif,12' linewidth 1 background paper
set output file
set encoding utf8

set border 3 linecolor rgb faint
set xrange [-0.04 * x_high:1.06 * x_high]
set yrange [-3:103]
set xtics nomirror scale 0.6 textcolor rgb ink
set ytics nomirror scale 0 textcolor rgb ink 20
set grid ytics linetype 1 linewidth 0.7 linecolor rgb faint
set xlabel 'slower by (%)' textcolor rgb ink
set ylabel 'verdicts REGRESSED (%)' textcolor rgb ink
set arrow 1 from margin, graph 0 to margin, graph 1 nohead linecolor rgb ink linewidth 1.2 dashtype (6,4)
set label 1 'margin: never passes' at margin, graph 0.06 left offset 0.6,0 textcolor rgb ink font small front
if (margin > 0.5 * x_high) set label 1 right offset -0.6,0 # there it has room
# The first plot is below the frame: gnuplot fails where nothing at all can be drawn.
plot -100 notitle, $drill using 1:2:xticlabels(5) with lines linewidth 1.8 linecolor rgb colour(1) notitle, \
     $drill using 1:2:3:4 with yerrorbars pointtype 7 pointsize 0.6 linewidth 1.4 linecolor rgb colour(1) notitle
set output
