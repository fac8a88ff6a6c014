using System.Runtime.InteropServices;

namespace Microsoft.ML.Implicit.Native;

/// <summary>
/// How long libtorch's threads spin before they sleep. GNU's OpenMP lets them spin for milliseconds after each operation: in vain where other work keeps the processor
/// busy, since the thread that they wait for does not run as long as they do, and in the way of the managed kernels, which take turns with libtorch.
/// </summary>
internal static partial class WaitingThreads
{
    /// <summary>Variable of GNU's OpenMP: turns of the loop in which a thread waits before it sleeps.</summary>
    public const string SpinCountVariable = "GOMP_SPINCOUNT";

    /// <summary>Long enough for one operation to follow another without a sleep, about a tenth of a millisecond.</summary>
    public const string ShortSpinCount = "5000";

    private const string PolicyVariable = "OMP_WAIT_POLICY";
    private const int KeepExisting = 0;

    /// <summary>Has threads wait shortly, unless the environment says how they wait. Of use only before OpenMP is in memory, where it reads its variables once.</summary>
    public static void SleepSoon()
    {
        // The managed environment is a copy, which native libraries do not see.
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable(PolicyVariable) is null)
        {
            _ = SetEnvironment(SpinCountVariable, ShortSpinCount, KeepExisting);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
