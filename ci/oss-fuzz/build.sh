#!/bin/bash -eu
# SPDX-License-Identifier: Apache-2.0
#
# Builds the fuzz targets for OSS-Fuzz, ClusterFuzzLite and whoever keeps to their contract:
#
#   CC CXX CFLAGS CXXFLAGS   compilers, and how to instrument
#   LIB_FUZZING_ENGINE       what a target is linked with
#   OUT                      gets the targets, TARGET_seed_corpus.zip, TARGET.dict, TARGET.options
#   WORK                     for what comes up on the way; a temporary directory where there is none
#
# Needs cmake, ninja, zip and the headers of CLI11, fmt and nlohmann-json. The targets are linked
# with libc and libstdc++ (or libc++) and nothing else.
root=$(dirname "${BASH_SOURCE[0]}")/../..
[[ ! -d "${SRC:-/nowhere}/ipcrig" ]] || root=$SRC/ipcrig
cd "$root"
: "${OUT:?where the targets shall go}" "${CXX:?}" "${CC:?}" "${LIB_FUZZING_ENGINE:?}"
if [[ -n ${WORK-} ]]; then
  work=$WORK/ipcrig
else
  work=$(mktemp -d "${TMPDIR:-/tmp}/ipcrig.XXXXXX")
  trap 'rm -rf "$work"' EXIT
fi

targets=()
for source in fuzz/*_fuzz.cc; do
  targets+=("$(basename "$source" .cc)")
done

cmake -S . -B "$work" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_UNITY_BUILD=ON \
  -DIPCRIG_TESTS=OFF -DIPCRIG_FUZZ_TARGETS=ON -DIPCRIG_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" \
  -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" \
  -DCMAKE_C_FLAGS="${CFLAGS-}" -DCMAKE_CXX_FLAGS="${CXXFLAGS-}" >/dev/null
cmake --build "$work" --target "${targets[@]}" -- --quiet

for target in "${targets[@]}"; do
  cp "$work/$target" "$OUT/"
  [[ ! -f fuzz/$target.dict ]] || cp "fuzz/$target.dict" "$OUT/"
  cp fuzz/target.options "$OUT/$target.options"
  # As `ipcrig fuzz` has it.
  [[ $target != @(model|kernel|race)_fuzz ]] || echo "entropic = 0" >>"$OUT/$target.options"
  case $target in
    race_fuzz) corpus=scenarios/race ;;
    history_fuzz) corpus=tests/histories ;;
    ipcs_fuzz) corpus=fuzz/corpus/ipcs_fuzz ;;
    *) corpus=scenarios ;;
  esac
  # Names are flattened, since some engines do not look into directories.
  rm -rf "$OUT/${target}_seed_corpus.zip" "$work/corpus/$target"
  mkdir -p "$work/corpus/$target"
  find "$corpus" -type f \( -name '*.ipc' -o ! -path 'scenarios/*' \) | while read -r file; do
    cp "$file" "$work/corpus/$target/${file//\//-}"
  done
  (cd "$work/corpus/$target" && find . -type f | sort |
    zip -q -X "$OUT/${target}_seed_corpus.zip" -@)
done
