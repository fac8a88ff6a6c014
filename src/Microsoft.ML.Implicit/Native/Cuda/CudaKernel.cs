using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using TorchSharp;

namespace Microsoft.ML.Implicit.Native.Cuda;

/// <summary>A kernel of our own, compiled for the device it runs on at first use and kept for the life of the process.</summary>
/// <remarks>
/// It replaces chains of small tensor operations whose launches would take longer than their arithmetic. A kernel is launched
/// on the default stream, where libtorch's own operations run, and so in their order.
/// </remarks>
internal sealed unsafe class CudaKernel
{
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;
    private const int LargestSharedMemoryOfBlock = 97;
    private const int StaticSharedMemoryOfFunction = 1;
    private const int LargestDynamicSharedMemoryOfFunction = 8;

    private static readonly ConcurrentDictionary<(string Name, string Files, string Definitions, int Device), Lazy<CudaKernel?>> Kernels = new();

    private readonly nint _context;
    private readonly nint _function;

    private CudaKernel(nint context, nint function, int largestSharedMemory) =>
        (_context, _function, LargestSharedMemory) = (context, function, largestSharedMemory);

    /// <summary>Finds a kernel, compiling it when it is asked for first.</summary>
    /// <param name="name">Name of its <c>extern "C"</c> function.</param>
    /// <param name="files">Files embedded in this assembly whose CUDA C++, one behind the other, is its source.</param>
    /// <param name="definitions">Macros, each as <c>NAME=value</c>.</param>
    /// <param name="device">A CUDA device that libtorch has used before.</param>
    /// <returns>The kernel, or <see langword="null"/> where the run-time compiler is missing or does not know the device.</returns>
    public static CudaKernel? Find(string name, IReadOnlyList<string> files, IReadOnlyList<string> definitions, torch.Device device)
    {
        int ordinal = Math.Max(device.index, 0);
        return Kernels.GetOrAdd(
            (name, string.Join(' ', files), string.Join(' ', definitions), ordinal),
            key => new Lazy<CudaKernel?>(() => TryCompile(name, string.Concat(files.Select(ReadSource)), definitions, ordinal))).Value;
    }

    /// <summary>The macro that gives a tensor's element type to a kernel.</summary>
    public static string RealType(torch.ScalarType type) => type == torch.ScalarType.Float64 ? "REAL=double" : "REAL=float";

    /// <summary>Bytes of memory that the threads of a block can share at most.</summary>
    public int LargestSharedMemory { get; }

    /// <summary>Queues the kernel.</summary>
    /// <param name="blocks">Blocks of the grid.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="arguments">Arguments; tensors are contiguous and on the kernel's device.</param>
    /// <exception cref="InvalidOperationException">The driver refused.</exception>
    public void Launch(int blocks, int threads, params ReadOnlySpan<KernelArgument> arguments) => LaunchSharing(0, blocks, threads, arguments);

    /// <summary>Queues a kernel whose blocks share memory of a size that is chosen now, up to <see cref="LargestSharedMemory"/> bytes.</summary>
    /// <inheritdoc cref="Launch"/>
    public void LaunchSharing(int sharedBytes, int blocks, int threads, params ReadOnlySpan<KernelArgument> arguments)
    {
        ulong* values = stackalloc ulong[arguments.Length];
        void** pointers = stackalloc void*[arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            values[i] = arguments[i].Bits;
            pointers[i] = values + i;
        }

        Check(CudaLibraries.cuCtxPushCurrent_v2(_context));
        int status = CudaLibraries.cuLaunchKernel(_function, (uint)blocks, 1, 1, (uint)threads, 1, 1, (uint)sharedBytes, 0, pointers, null);
        Check(CudaLibraries.cuCtxPopCurrent_v2(out _));
        Check(status);
    }

    private static CudaKernel? TryCompile(string name, string source, IReadOnlyList<string> definitions, int ordinal)
    {
        try
        {
            Check(CudaLibraries.cuDeviceGet(out int device, ordinal));
            Check(CudaLibraries.cuDeviceGetAttribute(out int major, ComputeCapabilityMajor, device));
            Check(CudaLibraries.cuDeviceGetAttribute(out int minor, ComputeCapabilityMinor, device));
            string[] options = [$"--gpu-architecture=sm_{major}{minor}", "--std=c++17", .. definitions.Select(definition => $"-D{definition}")];
            return Compile(source, name, options) is { } image ? Load(image, name, device) : null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    private static string ReadSource(string file)
    {
        using Stream stream = typeof(CudaKernel).Assembly.GetManifestResourceStream(file)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static byte[]? Compile(string source, string name, string[] options)
    {
        Check(CudaLibraries.nvrtcCreateProgram(out nint program, source, $"{name}.cu", 0, 0, 0));
        try
        {
            if (CudaLibraries.nvrtcCompileProgram(program, options.Length, options) != 0)
            {
                Trace.TraceWarning(ReadLog(program));
                return null;
            }

            Check(CudaLibraries.nvrtcGetCUBINSize(program, out nuint size));
            byte[] image = new byte[size];
            fixed (byte* pointer = image)
            {
                Check(CudaLibraries.nvrtcGetCUBIN(program, pointer));
            }

            return image;
        }
        finally
        {
            _ = CudaLibraries.nvrtcDestroyProgram(ref program);
        }
    }

    private static string ReadLog(nint program)
    {
        Check(CudaLibraries.nvrtcGetProgramLogSize(program, out nuint size));
        byte[] log = new byte[size];
        fixed (byte* pointer = log)
        {
            Check(CudaLibraries.nvrtcGetProgramLog(program, pointer));
        }

        return Encoding.UTF8.GetString(log).TrimEnd('\0');
    }

    private static CudaKernel Load(byte[] image, string name, int device)
    {
        Check(CudaLibraries.cuDevicePrimaryCtxRetain(out nint context, device));
        Check(CudaLibraries.cuCtxPushCurrent_v2(context));
        try
        {
            fixed (byte* pointer = image)
            {
                Check(CudaLibraries.cuModuleLoadData(out nint module, pointer));
                Check(CudaLibraries.cuModuleGetFunction(out nint function, module, name));

                // More than 48 KiB have to be asked for.
                Check(CudaLibraries.cuDeviceGetAttribute(out int largest, LargestSharedMemoryOfBlock, device));
                Check(CudaLibraries.cuFuncGetAttribute(out int fixedSize, StaticSharedMemoryOfFunction, function));
                Check(CudaLibraries.cuFuncSetAttribute(function, LargestDynamicSharedMemoryOfFunction, largest - fixedSize));
                return new CudaKernel(context, function, largest - fixedSize);
            }
        }
        finally
        {
            Check(CudaLibraries.cuCtxPopCurrent_v2(out _));
        }
    }

    private static void Check(int status)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"A call of the CUDA driver or its compiler failed with status {status}.");
        }
    }
}
