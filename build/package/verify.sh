#!/usr/bin/env bash
# Packs the library and uses the package as its users do, in a folder outside the repository: an application that knows it
# through a library trains, saves, loads and predicts when it is built, published, and published as a single file.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
work="$(mktemp -d)"
packages="${NUGET_PACKAGES:-$HOME/.nuget/packages}"
version="0.1.0-verify$(date +%s)"
trap 'rm -rf "$work" "$packages/microsoft.ml.implicit/$version"' EXIT
# One thread is faster than two on a busy machine; a build must not keep the package's build step loaded.
export OMP_NUM_THREADS=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 ImplicitVersion="$version"

say() { printf '\n== %s\n' "$*"; }
fail() { echo "verify.sh: $*" >&2; exit 1; }

say "pack"
dotnet pack "$root/src/Microsoft.ML.Implicit" -c Release -v q -p:Version="$version" -o "$work/feed"
ls "$work/feed"
cp -r "$root/build/package/consumer" "$work/consumer"
cd "$work/consumer"
cat > NuGet.config <<'CONFIG'
<configuration>
  <packageSources>
    <add key="packed" value="../feed" />
  </packageSources>
</configuration>
CONFIG

say "restore, build and run"
dotnet restore App -v q
strict() { find "$packages/torchsharp" -name 'libLibTorchSharp.so' -exec cksum {} +; }
before="$(strict)"
dotnet build App -c Release -v q --no-restore
dotnet run --project App -c Release --no-build

if [ "$(uname -sm)" = "Linux x86_64" ]; then
  say "the application's library differs from the package's, which stays as it was; a second build leaves both alone"
  [ "$before" = "$(strict)" ] || fail "the package in NuGet's folder was changed"
  relaxed="$(find App/bin -path '*/linux-x64/*' -name libLibTorchSharp.so)"
  grep -qF "$(cksum < "$relaxed")" <<< "$before" && fail "the application's library is not relaxed"
  written="$(stat -c %y "$relaxed")"
  dotnet build App -c Release -v q
  [ "$written" = "$(stat -c %y "$relaxed")" ] || fail "an incremental build writes the library anew"
fi

say "publish"
dotnet publish App -c Release -v q -o "$work/portable"
dotnet "$work/portable/App.dll"
rm -rf "$work/portable"

platform="$(dotnet msbuild App -getProperty:NETCoreSdkPortableRuntimeIdentifier)"
say "publish as a single file beside its native libraries"
dotnet publish App -c Release -v q -r "$platform" --self-contained false -p:PublishSingleFile=true -o "$work/single"
"$work/single/App"
rm -rf "$work/single"

say "publish as a single file that holds the runtime and its native libraries"
dotnet publish App -c Release -v q -r "$platform" --self-contained true -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -o "$work/whole"
mkdir "$work/elsewhere"
mv "$work/whole/App" "$work/elsewhere/"
DOTNET_BUNDLE_EXTRACT_BASE_DIR="$work/extracted" "$work/elsewhere/App"
rm -rf "$work/whole" "$work/elsewhere" "$work/extracted"

say "without the step: loads, or says why not in few lines"
dotnet build App -c Release -v q -p:RelaxTorchSharpRequirements=false
if dotnet run --project App -c Release --no-build > "$work/log" 2>&1; then
  echo "this host meets every requirement"
else
  cat "$work/log"
  grep -q "version \`GLIBCXX_[0-9.]*' not found" "$work/log" || fail "the loader's reason is missing"
  grep -q "RelaxTorchSharpRequirements" "$work/log" || fail "what to do is missing"
  [ "$(grep -vc '^ *at ' "$work/log")" -le 6 ] || fail "the message is too long"
fi
