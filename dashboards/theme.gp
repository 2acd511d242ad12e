# SPDX-License-Identifier: MIT
# How the plots look: said once to each gnuplot, before its plots. They are drawn in the light theme;
# report/site_plots.c has the colours that stand for these in the dark one.
# Text is in single quotes throughout: in double quotes gnuplot executes backticks.

# Eight colours that stay apart for colour-blind readers (after Okabe & Ito), each at 3:1 or better on its background;
# the reference, style 0, is the grey one. A variant looks the same in all plots; marks and, beyond eight, dashes say the
# same as the colours, and the ninth, of the first one's colour, has another mark.
palette = '#5b6570 #0072b2 #c94f00 #007d58 #a8438f #806000 #5a3fc0 #9b2226'
colour(i) = i < 0 ? ink : word(palette, int(i) % 8 + 1)
mark(i) = int(word('13 7 9 5 11 15 6 4', (int(i) + 3 * (int(i) / 8)) % 8 + 1))
dash(i) = int(i) / 8 % 4 + 1
paper = '#ffffff'
ink = '#2b323a'
faint = '#d9dee4'
soft = '#a3adb8'

# On a phone a plot is drawn at five sixths of its size: letters of 11 are the smallest that are read there.
small = ',11'
