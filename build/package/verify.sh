#!/usr/bin/env bash
# Packs the library and uses the package as its users do, in a folder outside the repository: an application that knows it
# through a library trains, saves, loads and predicts when it is built, published, and published as a single file.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
work="$(mktemp -d)"
packages="${NUGET_PACKAGES:-$HOME/.nuget/packages}"
version="0.1.0-verify$(date +%s)"
package="$packages/microsoft.ml.implicit/$version"
trap 'rm -rf "$work" "$package"' EXIT
# One thread is faster than two on a busy machine; a build must not keep the package's build step loaded.
export OMP_NUM_THREADS=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 ImplicitVersion="$version"

say() { printf '\n== %s\n' "$*"; }
fail() { echo "verify.sh: $*" >&2; exit 1; }

say "pack"
# The analyzers have judged the code where it was built to be tested.
dotnet pack "$root/src/Microsoft.ML.Implicit" -c Release -v q -p:RunAnalyzersDuringBuild=false -p:Version="$version" -p:RepositoryAddress=https://example.org/repository -o "$work/feed"
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
grep -nE '\]\((src|test|docs|[A-Z]+\.md)' "$package/README.md" && fail "the package's README has relative links"
grep -n 'SharpZipLib' "$package"/*.nuspec && fail "the package depends on what the library does not use"
grep -n 'NativeLibraryFiles' "$package"/lib/*/*.xml && fail "the package documents internal members"
grep -q 'T:Microsoft.ML.Implicit.Native.NativeBackend"' "$package"/lib/*/*.xml || fail "the package lacks documentation"
strict() { find "$packages/torchsharp" -name "$1" -exec sh -c 'cksum < "$0"' {} \;; } # a line a version of TorchSharp
before="$(strict libLibTorchSharp.so)"
dotnet build App -c Release -v q --no-restore
dotnet run --project App -c Release --no-build

if [ "$(uname -sm)" = "Linux x86_64" ]; then
  say "the application's library differs from the package's, which stays as it was; a second build leaves both alone"
  [ "$before" = "$(strict libLibTorchSharp.so)" ] || fail "the package in NuGet's folder was changed"
  relaxed="$(find App/bin -path '*/linux-x64/*' -name libLibTorchSharp.so)"
  grep -qx "$(cksum < "$relaxed")" <<< "$before" && fail "the application's library is not relaxed"
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

# Other platforms: the package is restored and built for them, with native packages that are stand-ins in folders of their own.
cross() { # platform, native package, its version, name of TorchSharp's library, name of libtorch's
  say "$2 for $1"
  dotnet pack "$root/build/package/mock" -v q -o "$work/mocks" -p:PackageId="$2" -p:Version="$3" -p:MockPlatform="$1" -p:MockLibrary="$5" \
    -p:BaseIntermediateOutputPath="$work/mock/$2/"
  NUGET_PACKAGES="$work/mocked" dotnet publish App -c Release -v q -r "$1" --self-contained false -p:UseAppHost=false -o "$work/$1" \
    -p:Backend="$2" -p:BackendVersion="$3" -p:RestoreSources="$work/mocks" -p:RestoreFallbackFolders="$packages"
  [ -f "$work/$1/$5" ] || fail "libtorch is not among the files for $1"
  if [ "$1" != linux-x64 ]; then
    strict "$4" | grep -qx "$(cksum < "$work/$1/$4")" || fail "TorchSharp's library for $1 was changed"
  fi
  rm -rf "$work/$1"
}
cross win-x64 libtorch-cpu-win-x64 2.10.0 LibTorchSharp.dll torch_cpu.dll
cross osx-arm64 libtorch-cpu-osx-arm64 2.10.0 libLibTorchSharp.dylib libtorch_cpu.dylib
cross win-x64 TorchSharp-cuda-windows 0.107.0 LibTorchSharp.dll torch_cuda.dll
cross linux-x64 TorchSharp-cuda-linux 0.107.0 libLibTorchSharp.so libtorch_cuda.so

say "backends of the repository's own programs"
references() { dotnet msbuild "$root/src/Samples" -getItem:PackageReference "$@"; }
references -p:RuntimeIdentifier=osx-arm64 | grep -q '"libtorch-cpu-osx-arm64"' || fail "no CPU build for macOS"
references -p:TorchBackend=cuda -p:RuntimeIdentifier=win-x64 | grep -q '"TorchSharp-cuda-windows"' || fail "no CUDA build for Windows"
references -p:TorchBackend=cuda -p:RuntimeIdentifier=linux-x64 | grep -q '"TorchSharp-cuda-linux"' || fail "no CUDA build for Linux"
