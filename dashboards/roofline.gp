# SPDX-License-Identifier: MIT
# One roofline plot. report/site_roofline_draw.c sets what is not set here:
#   file width height left right top bottom                          the frame: parts of the whole
#   x_low x_high y_low y_high x_label y_label                        both axes are logarithmic
#   n_levels level<i> level_from<i> level_text<i> level_at<i>        level roofs; where the label is: part of the frame
#   n_slopes $slope<i> slope_name<i> slope_text<i> slope_at<i> slope_top<i>
#   n_names name<i> style<i> name_x<i> name_y<i> $marks<i>           the legend's places: parts of the whole
reset
set terminal svg size width,height fixed standalone noenhanced font 'sans-serif,12' linewidth 1 background paper
set output file
set encoding utf8

set lmargin at screen left
set rmargin at screen right
set tmargin at screen top
set bmargin at screen bottom
set border 3 linecolor rgb faint
set logscale xy
set xrange [x_low:x_high]
set yrange [y_low:y_high]
set xtics nomirror scale 0.6 textcolor rgb ink format '%g'
set ytics nomirror scale 0 textcolor rgb ink format '%g'
set grid ytics linetype 1 linewidth 0.7 linecolor rgb faint
set xlabel x_label textcolor rgb ink noenhanced
set ylabel y_label textcolor rgb ink noenhanced
unset key # placed by hand: a key that is not at the top gnuplot 5.4 sets in one column

do for [i = 1:n_levels] {
    at = value(sprintf('level%d', i))
    set arrow i from first value(sprintf('level_from%d', i)), first at to graph 1, first at nohead back linecolor rgb ink linewidth 1.4
    set arrow (100 + i) from graph 1, first at to graph 1.025, graph value(sprintf('level_at%d', i)) nohead linecolor rgb soft linewidth 0.8
    set label i value(sprintf('level_text%d', i)) at graph 1.035, graph value(sprintf('level_at%d', i)) left textcolor rgb ink font small noenhanced
}
do for [i = 1:n_slopes] {
    at = value(sprintf('slope_at%d', i))
    set arrow (200 + i) from first value(sprintf('slope_top%d', i)), graph 1 to graph at, graph 1.025 nohead linecolor rgb soft linewidth 0.8
    set label (200 + i) value(sprintf('slope_name%d', i)).sprintf('%c', 10).value(sprintf('slope_text%d', i)) at graph at, graph 1.12 center textcolor rgb ink font small noenhanced
}

do for [i = 1:n_names] {
    s = value(sprintf('style%d', i))
    set label (300 + i) value(sprintf('name%d', i)) at screen value(sprintf('name_x%d', i)), screen value(sprintf('name_y%d', i)) left offset 1.4, -0.35 point pointtype mark(s) pointsize 0.75 linewidth 1.4 linecolor rgb colour(s) textcolor rgb ink noenhanced
}

i = 0 # gnuplot 6 evaluates what an iteration speaks of even where it has no turns
# The first plot is the frame's lower edge once more: gnuplot fails where nothing at all can be drawn.
plot y_low with lines linewidth 0.5 linecolor rgb faint notitle, \
     for [i = 1:n_slopes] sprintf('$slope%d', i) index 0 using 1:2 every :::0::0 with lines linewidth 1.4 linecolor rgb ink notitle, \
     for [i = 1:n_slopes] sprintf('$slope%d', i) index 0 using 1:2 every :::1::1 with lines linewidth 0.8 dashtype (3,4) linecolor rgb soft notitle, \
     for [i = 1:n_names] sprintf('$marks%d', i) using 1:2 with points pointtype mark(value(sprintf('style%d', i))) \
         pointsize 0.75 linewidth 1.4 linecolor rgb colour(value(sprintf('style%d', i))) notitle
set output
