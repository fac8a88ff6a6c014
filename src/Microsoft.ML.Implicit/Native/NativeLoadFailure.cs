using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Says in a few lines why TorchSharp did not load, and the one thing to do.</summary>
internal static class NativeLoadFailure
{
    private static readonly string[] Platforms = ["linux-x64", "osx-arm64", "win-arm64", "win-x64"];

    /// <summary>The message for a failure of this application on this host.</summary>
    public static string Explain(Exception failure)
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string platform = $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        return Explain(failure, platform, hasBackend: NativeLibraryFiles.Find("torch_cpu") is not null);
    }

    /// <summary>The message for a failure on a platform, where a libtorch is or is not among the application's files.</summary>
    public static string Explain(Exception failure, string platform, bool hasBackend)
    {
        // TorchSharp puts a trace of its search after the first line.
        string reason = failure.GetBaseException().Message.Split('\n').First().TrimEnd();
        return $"TorchSharp's native library did not load: {reason}{Environment.NewLine}{Remedy(reason, platform, hasBackend)}";
    }

    private static string Remedy(string reason, string platform, bool hasBackend)
    {
        if (reason.StartsWith(NativeBackend.LibTorchVariable, StringComparison.Ordinal))
        {
            return $"Set {NativeBackend.LibTorchVariable} to a folder with libtorch, or unset it.";
        }

        if (!Platforms.Contains(platform))
        {
            return $"TorchSharp has no native library for {platform}: run on one of {string.Join(", ", Platforms)}.";
        }

        if (reason.Contains("GLIBCXX", StringComparison.Ordinal) || reason.Contains("CXXABI", StringComparison.Ordinal))
        {
            return "This host's libstdc++ is older than the library asks for. Build the application with the targets of the package Microsoft.ML.Implicit "
                + "(RelaxTorchSharpRequirements is not false): the library then needs no more than GCC 11's libstdc++.";
        }

        string version = typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "";
        return hasBackend
            ? $"Provide what the loader misses, with the libtorch that TorchSharp {version} was built with."
            : $"Reference libtorch-cpu-{platform} (or a CUDA build: TorchSharp-cuda-windows, TorchSharp-cuda-linux) from the application, "
                + $"or set {NativeBackend.LibTorchVariable} to a folder with libtorch.";
    }
}
