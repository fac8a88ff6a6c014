using System.Reflection;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Implicit.Native.Cuda;

/// <summary>The functions of the CUDA driver and of its run-time compiler that kernels of our own need. Results are zero on success.</summary>
internal static unsafe partial class CudaLibraries
{
    private const string Driver = "cuda";
    private const string Compiler = "nvrtc";
    private const string Binding = "LibTorchSharp";

    // What CUDA builds of libtorch bring along, newest first.
    private static readonly string[] CompilerNames = OperatingSystem.IsWindows()
        ? ["nvrtc64_130_0", "nvrtc64_120_0", "nvrtc64_112_0"]
        : ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"];

    static CudaLibraries() => NativeLibrary.SetDllImportResolver(typeof(CudaLibraries).Assembly, Resolve);

    [LibraryImport(Binding)]
    public static partial nint THSTensor_data(nint tensor);

    [LibraryImport(Driver)]
    public static partial int cuDeviceGet(out int device, int ordinal);

    [LibraryImport(Driver)]
    public static partial int cuDeviceGetAttribute(out int value, int attribute, int device);

    [LibraryImport(Driver)]
    public static partial int cuDevicePrimaryCtxRetain(out nint context, int device);

    [LibraryImport(Driver)]
    public static partial int cuCtxPushCurrent_v2(nint context);

    [LibraryImport(Driver)]
    public static partial int cuCtxPopCurrent_v2(out nint context);

    [LibraryImport(Driver)]
    public static partial int cuModuleLoadData(out nint module, byte* image);

    [LibraryImport(Driver, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int cuModuleGetFunction(out nint function, nint module, string name);

    [LibraryImport(Driver)]
    public static partial int cuFuncGetAttribute(out int value, int attribute, nint function);

    [LibraryImport(Driver)]
    public static partial int cuFuncSetAttribute(nint function, int attribute, int value);

    [LibraryImport(Driver)]
    public static partial int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, nint stream, void** arguments, void** extra);

    [LibraryImport(Compiler, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int nvrtcCreateProgram(out nint program, string source, string name, int headerCount, nint headers, nint includeNames);

    [LibraryImport(Compiler, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int nvrtcCompileProgram(nint program, int optionCount, [In] string[] options);

    [LibraryImport(Compiler)]
    public static partial int nvrtcGetCUBINSize(nint program, out nuint size);

    [LibraryImport(Compiler)]
    public static partial int nvrtcGetCUBIN(nint program, byte* image);

    [LibraryImport(Compiler)]
    public static partial int nvrtcGetProgramLogSize(nint program, out nuint size);

    [LibraryImport(Compiler)]
    public static partial int nvrtcGetProgramLog(nint program, byte* log);

    [LibraryImport(Compiler)]
    public static partial int nvrtcDestroyProgram(ref nint program);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        string[] candidates = name switch
        {
            Driver => [OperatingSystem.IsWindows() ? "nvcuda" : "libcuda.so.1"],
            Compiler => CompilerNames,
            _ => [],
        };
        foreach (string candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, path, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }
}
