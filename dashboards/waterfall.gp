# SPDX-License-Identifier: MIT
# Where a speedup comes from, step by step, downwards. report/site_study.c sets what is not set here:
#   file width height left x_low x_high n_bars n_steps               a logarithmic axis: equal factors are equally long
#   low<i> high<i> total<i> name<i> text<i>                          total: 1 for a bar from the axis; those up to n_steps are the steps
reset
set terminal svg size width,height fixed standalone noenhanced font 'sans-serif,12' linewidth 1 background paper
set output file
set encoding utf8
set lmargin at screen left
set border 1 linecolor rgb faint
set logscale x
set yrange [n_bars + 0.6:0.4] # along y names of any length have room
set xrange [x_low:x_high]
set xtics nomirror scale 0.6 textcolor rgb ink format '%g'
if (x_high / x_low < 1000) {
    do for [k = -9:15] { do for [m in '2 5'] { set xtics add (sprintf('%.6g', m * 10.0 ** k) m * 10.0 ** k) } }
}
set grid xtics linetype 1 linewidth 0.7 linecolor rgb faint
set xlabel 'speed, nothing on = 1 (×, log scale)' textcolor rgb ink noenhanced
unset ytics
unset key
do for [i = 1:n_bars] {
    lower = value(sprintf('low%d', i))
    upper = value(sprintf('high%d', i))
    grows = upper >= lower
    set label (100 + i) value(sprintf('name%d', i)) at graph 0, first i right offset -1,0 textcolor rgb ink noenhanced
    set object i rectangle from first (grows ? lower : upper), first i - 0.36 to first (grows ? upper : lower), first i + 0.36 front fillcolor rgb colour(value(sprintf('total%d', i)) ? 1 : grows ? 3 : 7) fillstyle solid noborder
    set label i value(sprintf('text%d', i)) at first (grows ? upper : lower), first i left offset 0.6,0 textcolor rgb ink font small front noenhanced
    if (i < n_steps) { set arrow i from first upper, first i + 0.36 to first upper, first i + 0.64 nohead linecolor rgb ink linewidth 0.8 dashtype (3,3) }
}
plot 0.5 with lines linewidth 0.5 linecolor rgb paper notitle # gnuplot fails where nothing at all can be drawn
set output
