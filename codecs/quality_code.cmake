# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
# cmake -DLINKER=ld -DOBJECTS=a.o,b.o -DOUT=file.c -P quality_code.cmake: writes quality_code, a hash of these objects without
# their debugging information: a remark in a source changes nothing.
string(REPLACE "," ";" objects "${OBJECTS}")
execute_process(COMMAND ${LINKER} -r --strip-debug -o ${OUT}.o ${objects} COMMAND_ERROR_IS_FATAL ANY)
file(SHA256 ${OUT}.o hash)
file(REMOVE ${OUT}.o)
string(SUBSTRING ${hash} 0 16 hash)
file(WRITE ${OUT} "/* made by quality_code.cmake */
#include \"codecs/quality_data.h\"
const uint64_t quality_code = 0x${hash};
")
