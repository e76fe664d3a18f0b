# One static library per folder.
#
#   ipcrig_library(<folder> <links>...)   defines ipcrig_<folder> from harness/<folder>/*.cc
function(ipcrig_library name)
  set(folder ${PROJECT_SOURCE_DIR}/harness)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/${name}/*.cc)
  if(sources)
    add_library(ipcrig_${name} STATIC ${sources})
    target_link_libraries(ipcrig_${name} PUBLIC ${ARGN})
    target_include_directories(ipcrig_${name} PUBLIC ${folder})
    target_compile_features(ipcrig_${name} PUBLIC cxx_std_20)
    set_target_properties(ipcrig_${name} PROPERTIES UNITY_BUILD_CODE_BEFORE_INCLUDE
      "// NOLINTNEXTLINE(bugprone-suspicious-include)")
    if(TARGET ipcrig_options)  # not in somebody else's build
      target_link_libraries(ipcrig_${name} PRIVATE ipcrig_options)
    endif()
  else()  # Headers only.
    add_library(ipcrig_${name} INTERFACE)
    target_link_libraries(ipcrig_${name} INTERFACE ${ARGN})
    target_include_directories(ipcrig_${name} INTERFACE ${folder})
  endif()
endfunction()

# What judges what was recorded: the library has it, too.
macro(ipcrig_judging_libraries)
  ipcrig_library(base ${IPCRIG_FMT})
  ipcrig_library(ops ipcrig_base)
  target_link_libraries(ipcrig_ops PRIVATE nlohmann_json::nlohmann_json)
  ipcrig_library(model ipcrig_ops)
  ipcrig_library(check ipcrig_model)
endmacro()
