#!/usr/bin/env bash
# Packs the library, installs it from a folder feed into a fresh console project outside the repository,
# and runs that project: it trains, saves, loads and predicts.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
work="$(mktemp -d)"
version="0.1.0-verify$(date +%s)"
trap 'rm -rf "$work" "${NUGET_PACKAGES:-$HOME/.nuget/packages}/microsoft.ml.implicit/$version"' EXIT

dotnet pack "$root/src/Microsoft.ML.Implicit" -c Release -p:Version="$version" -o "$work/feed"
ls "$work/feed"
cp -r "$root/build/package/consumer" "$work/consumer"
dotnet build "$work/consumer" -c Release -p:ImplicitVersion="$version" -p:RestoreAdditionalProjectSources="$work/feed"

# On a host older than GCC 13 a user's application is told to update; here the project's own step is applied.
if [ "$(uname -s)" = Linux ]; then
  dotnet build "$root/build/BuildTools" -c Release
  find "$work/consumer/bin" -name libLibTorchSharp.so -exec \
    dotnet exec "$root/build/BuildTools/bin/Release/net10.0/BuildTools.dll" relax-glibcxx {} \;
fi
dotnet "$work/consumer/bin/Release/net10.0/Consumer.dll"
