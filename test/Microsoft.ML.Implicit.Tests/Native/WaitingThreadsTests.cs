using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;

namespace Microsoft.ML.Implicit.Tests.Native;

[TestClass]
public sealed partial class WaitingThreadsTests
{
    // What OpenMP reads when libtorch brings it into memory.
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Threads_of_libtorch_that_wait_soon_sleep_unless_the_environment_says_how_they_wait()
    {
        NativeBackend.EnsureLoaded();
        bool isSet = Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null;
        string? wanted = Environment.GetEnvironmentVariable(WaitingThreads.SpinCountVariable) ?? (isSet ? null : WaitingThreads.ShortSpinCount);
        Assert.AreEqual(wanted, Marshal.PtrToStringUTF8(GetEnvironment(WaitingThreads.SpinCountVariable)));
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GetEnvironment(string name);
}
