# SPDX-License-Identifier: MIT
# How the blocks of each variant lie around its median. report/site_study.c sets what is not set here:
#   file width height left right x_low x_high n_variants             the frame's sides: parts of the width; per cent
#   name<i> style<i> median<i> $box<i> $blocks<i>                    median: words; least, quarters, greatest; a row a block:
#                                                                    y, per cent
reset
set terminal svg size width,height fixed standalone noenhanced font 'sans-serif,12' linewidth 1 background paper
set output file
set encoding utf8
set lmargin at screen left
set rmargin at screen right
set border 1 linecolor rgb faint
# Variants lie along y: names of any length have room on their lines.
set yrange [n_variants + 0.5:0.5]
set xrange [x_low:x_high]
set xlabel 'time of a block against the median (%)' textcolor rgb ink
set xtics nomirror scale 0.6 textcolor rgb ink format '%+.3g'
set xtics add ('0' 0)
set grid xtics linetype 1 linewidth 0.7 linecolor rgb faint
unset ytics
unset key
do for [i = 1:n_variants] {
    set label i value(sprintf('name%d', i)) at graph 0, first i right offset -1,0 textcolor rgb ink noenhanced
    set label (100 + i) value(sprintf('median%d', i)) at graph 1, first i left offset 1,0 textcolor rgb ink font small noenhanced
}
set boxwidth 0.5
set style fill solid 0.25 border
plot for [i = 1:n_variants] sprintf('$box%d', i) using 3:(i):2:4:(i - 0.22):(i + 0.22) with boxxyerror linewidth 1.2 linecolor rgb colour(value(sprintf('style%d', i))), \
     for [i = 1:n_variants] sprintf('$box%d', i) using 3:(i):1:5 with xerrorbars pointtype -1 linewidth 1.2 linecolor rgb colour(value(sprintf('style%d', i))), \
     for [i = 1:n_variants] sprintf('$blocks%d', i) using 2:1 with points pointtype 7 pointsize 0.3 linecolor rgb colour(value(sprintf('style%d', i)))
set output
