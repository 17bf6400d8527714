#!/usr/bin/env bash
# ./build.sh <target> [arguments]: runs a target of build.cake, or lists them. Needs nothing but the .NET SDK.
set -euo pipefail

target=${1:-help}
target=${target,,}
[ $# -eq 0 ] || shift
here=$PWD
root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cd "$root"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=0
# A fresh Debian has no ICU, without which .NET does not start unless it is told to do without cultures.
if ! compgen -G '/usr/lib*/libicuuc.so*' >/dev/null && ! compgen -G '/usr/lib*/*/libicuuc.so*' >/dev/null; then
  export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_SYSTEM_GLOBALIZATION_PREDEFINED_CULTURES_ONLY=0
fi
# On a build machine no compiler or build server may outlive the build.
if [ "${CI:-}" = true ]; then export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false; fi

fail() { echo "build.sh: $*" >&2; exit 1; }

# dotnet itself compares what is installed with global.json, and says no when nothing fits.
wanted=$(sed -n 's/.*"sdk".*"version": *"\([^"]*\)".*/\1/p' global.json)
command -v dotnet >/dev/null || fail "dotnet is not on the PATH; install the .NET SDK $wanted or newer (https://dotnet.microsoft.com/download)"
dotnet --version >/dev/null 2>&1 \
  || fail "the .NET SDK $wanted or newer is needed; installed: $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' ' | sed 's/^$/none/')"

restored=$(dotnet tool restore 2>&1) || fail "the build tool could not be restored:"$'\n'"$restored"

cake=(dotnet cake build.cake "--target=$target" --verbosity=quiet
  --settings_enablescriptcache=true --paths_cache=artifacts/cake --paths_tools=artifacts/cake)

# Base64 of NUL-terminated arguments: the one form in which spaces, quotes, newlines and leading dashes all reach the target as they are.
OPENNETVM_BUILD_ARGUMENTS=$([ $# -eq 0 ] || printf '%s\0' "$@" | base64 -w0)
export OPENNETVM_BUILD_ARGUMENTS

# Run, Bench and Experiments are only built by Cake. The program then takes the place of this shell: it has the terminal, every signal (Ctrl-C, SIGTERM)
# and the exit code to itself, and no build tool stays in memory beside what is being measured.
case $target in
  run)
    "${cake[@]}"
    cd "$here"
    sample=ServiceChain
    for argument in "$@"; do
      case $argument in
        --dpdk) sample=DpdkForwarder ;;
        --isolated | --isolated=*) sample=IsolatedFunction ;;
        --sdn | --sdn=*) sample=SdnChain ;;
      esac
    done
    unset OPENNETVM_BUILD_ARGUMENTS
    exec dotnet "$root/samples/$sample/bin/Release/net10.0/$sample.dll" "$@"
    ;;
  bench)
    # From the root, where BenchmarkDotNet looks for the project that it measures.
    "${cake[@]}"
    unset OPENNETVM_BUILD_ARGUMENTS
    exec dotnet "$root/OpenNetVM.Benchmarks/bin/Release/net10.0/OpenNetVM.Benchmarks.dll" "$@"
    ;;
  experiments)
    # From the root, whose docs/performance takes the results.
    "${cake[@]}"
    unset OPENNETVM_BUILD_ARGUMENTS
    exec dotnet "$root/OpenNetVM.Benchmarks/bin/Release/net10.0/OpenNetVM.Benchmarks.dll" experiments "$@"
    ;;
  *)
    exec "${cake[@]}"
    ;;
esac
