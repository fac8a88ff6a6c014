using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Loads TorchSharp's native libraries before first use and resolves device names.</summary>
public static class NativeBackend
{
    /// <summary>
    /// Environment variable that names a folder with libtorch, such as <c>lib</c> of a Python PyTorch of the same
    /// minor version or newer. When set, libtorch is loaded from there instead of from a NuGet package.
    /// </summary>
    public const string LibTorchVariable = "IMPLICITML_LIBTORCH";

    private static readonly Lazy<Exception?> LoadFailure = new(TryLoad);

    /// <summary>Loads the native libraries once; later calls return at once.</summary>
    /// <exception cref="InvalidOperationException">
    /// No native backend was found, or the host is too old for it; the message says what to do.
    /// </exception>
    public static void EnsureLoaded()
    {
        if (LoadFailure.Value is { } failure)
        {
            throw new InvalidOperationException(Explain(failure), failure);
        }
    }

    /// <summary>Resolves a device name.</summary>
    /// <param name="name"><c>"cpu"</c>, <c>"cuda"</c>, <c>"cuda:1"</c>, or <c>"auto"</c>: CUDA where there is one, else the CPU.</param>
    /// <returns>The device.</returns>
    /// <exception cref="ArgumentException">The name is none of these.</exception>
    /// <exception cref="InvalidOperationException">No native backend was found, or CUDA was asked for and is absent.</exception>
    public static torch.Device ResolveDevice(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        EnsureLoaded();
        if (name == "auto")
        {
            return torch.cuda.is_available() ? torch.CUDA : torch.CPU;
        }

        if (name == "cpu")
        {
            return torch.CPU;
        }

        int index = 0;
        bool isCuda = name == "cuda" || (name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), out index) && index >= 0);
        if (!isCuda)
        {
            throw new ArgumentException($"Device '{name}' is not known. Use \"cpu\", \"cuda\", \"cuda:1\" or \"auto\".", nameof(name));
        }

        if (!torch.cuda.is_available() || index >= torch.cuda.device_count())
        {
            throw new InvalidOperationException(
                $"Device '{name}' was asked for, but this process sees {(torch.cuda.is_available() ? torch.cuda.device_count() : 0)} CUDA devices. "
                + "Reference a CUDA build of libtorch (TorchSharp-cuda-linux or TorchSharp-cuda-windows), or set Device to \"cpu\" or \"auto\".");
        }

        return new torch.Device(DeviceType.CUDA, index);
    }

    private static Exception? TryLoad()
    {
        try
        {
            if (Environment.GetEnvironmentVariable(LibTorchVariable) is { Length: > 0 } folder)
            {
                LoadFrom(folder);
            }

            _ = torch.get_num_threads();
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException or NotSupportedException or DirectoryNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return exception;
        }
    }

    // The libraries of a Python PyTorch do not find one another by themselves: each must be in memory before the next needs it.
    private static void LoadFrom(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{LibTorchVariable} names '{folder}', which does not exist.");
        }

        string[] libraries = ["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"];
        string[] paths = [.. libraries.Select(library => Path.Combine(folder, FileName(library))).Where(File.Exists)];
        if (paths.Length == 0)
        {
            throw new DllNotFoundException($"{LibTorchVariable} names '{folder}', which holds no libtorch.");
        }

        foreach (string path in paths)
        {
            NativeLibrary.Load(path);
        }

        string binding = FileName("LibTorchSharp");
        string[] candidates =
        [
            Path.Combine(AppContext.BaseDirectory, binding),
            Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", binding),
            Path.Combine(AppContext.BaseDirectory, "runtimes", PortableRuntimeIdentifier(), "native", binding),
        ];
        if (candidates.FirstOrDefault(File.Exists) is { } candidate)
        {
            NativeLibrary.Load(candidate);
        }
    }

    private static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    private static string PortableRuntimeIdentifier()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }

    private static string Explain(Exception failure)
    {
        string details = failure.ToString();
        if (details.Contains("GLIBCXX", StringComparison.Ordinal))
        {
            return "TorchSharp's native library needs GLIBCXX_3.4.32 (GCC 13), which this host's libstdc++ lacks. "
                + "Run on a newer host (Debian 13, Ubuntu 24.04, RHEL 10), install a newer libstdc++, "
                + "or mark that one version requirement weak as build/BuildTools in the project's repository does for its own programs.";
        }

        return "TorchSharp's native libraries were not found. Reference libtorch-cpu (or libtorch-cpu-win-x64, libtorch-cpu-linux-x64, "
            + $"TorchSharp-cuda-windows, TorchSharp-cuda-linux) from your application, or set {LibTorchVariable} to a folder with libtorch. {failure.GetBaseException().Message}";
    }
}
