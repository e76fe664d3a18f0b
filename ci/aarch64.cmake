# Builds for 64-bit ARM with Debian's cross compiler (ci/setup --cross installs it):
#
#   cmake --preset aarch64 && cmake --build --preset aarch64
#   qemu-aarch64 build/aarch64/ipcrig run scenarios
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# The libraries are used from their headers, which are the same for every architecture. The package
# file of fmt lies in the folder of the building machine's; the other libraries' do not.
set(fmt_DIR /usr/lib/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu/cmake/fmt)
