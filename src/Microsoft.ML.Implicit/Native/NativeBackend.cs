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
    /// No native backend was found, or this host cannot load it; the message holds the loader's reason and what to do.
    /// </exception>
    public static void EnsureLoaded()
    {
        if (LoadFailure.Value is { } failure)
        {
            throw new InvalidOperationException(NativeLoadFailure.Explain(failure), failure);
        }
    }

    /// <summary>Resolves a device name.</summary>
    /// <param name="name"><c>"cpu"</c>, <c>"cuda"</c>, <c>"cuda:1"</c>, or <c>"auto"</c>: CUDA where there is one, else the CPU.</param>
    /// <param name="setting">The option or parameter that names the device, for messages; <see langword="null"/> where it is <paramref name="name"/> itself.</param>
    /// <returns>The device.</returns>
    /// <exception cref="ArgumentException">The name is none of these.</exception>
    /// <exception cref="InvalidOperationException">No native backend was found, or CUDA was asked for and is absent.</exception>
    public static torch.Device ResolveDevice(string name, string? setting = null)
    {
        string label = setting ?? "Device";
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
            throw new ArgumentException($"{label} '{name}' is not known. Use \"cpu\", \"cuda\", \"cuda:1\" or \"auto\".", setting?.Split('.')[^1] ?? nameof(name));
        }

        if (!torch.cuda.is_available() || index >= torch.cuda.device_count())
        {
            throw new InvalidOperationException(
                $"{label} '{name}' was asked for, but this process sees {(torch.cuda.is_available() ? torch.cuda.device_count() : 0)} CUDA devices. "
                + $"Reference a CUDA build of libtorch (TorchSharp-cuda-linux or TorchSharp-cuda-windows), or set {label} to \"cpu\" or \"auto\".");
        }

        return new torch.Device(DeviceType.CUDA, index);
    }

    // TorchSharp keeps the loader's reason to itself, so its library is loaded here first.
    private static Exception? TryLoad()
    {
        Exception? reason = null;
        WaitingThreads.SleepSoon();
        try
        {
            if (Environment.GetEnvironmentVariable(LibTorchVariable) is { Length: > 0 } folder)
            {
                LoadLibTorch(folder);
            }

            reason = NativeLibraryFiles.Find("LibTorchSharp") is { } binding
                ? NativeLibraryFiles.TryLoad(binding)
                : new DllNotFoundException($"{NativeLibraryFiles.Name("LibTorchSharp")} is not among the application's files.");
            if (reason is null || NativeLibraryFiles.Find("torch_cpu") is null)
            {
                // Without a libtorch beside the application, TorchSharp looks for one elsewhere, such as in NuGet's folder.
                _ = torch.get_num_threads();
                reason = null;
            }
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException or NotSupportedException or DirectoryNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            reason ??= exception;
        }

        return reason;
    }

    // The libraries of a Python PyTorch do not find one another by themselves: each must be in memory before the next needs it.
    private static void LoadLibTorch(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{LibTorchVariable} names '{folder}', which does not exist.");
        }

        string[] libraries = ["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"];
        string[] paths = [.. libraries.Select(library => Path.Combine(folder, NativeLibraryFiles.Name(library))).Where(File.Exists)];
        if (paths.Length == 0)
        {
            throw new DllNotFoundException($"{LibTorchVariable} names '{folder}', which holds no libtorch.");
        }

        if (paths.Select(NativeLibraryFiles.TryLoad).FirstOrDefault(refusal => refusal is not null) is { } reason)
        {
            throw reason;
        }
    }
}
