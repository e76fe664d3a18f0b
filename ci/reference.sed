# Makes comments of the headers comments for doxygen: see ci/Doxyfile.
1s,.*,/// @file,
s,^( *)//   ,\1///       ,
s,^( *)//( |$),\1///\2,
