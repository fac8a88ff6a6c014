using Microsoft.ML.Implicit.Native;

[assembly: Parallelize(Scope = ExecutionScope.ClassLevel)]

namespace Microsoft.ML.Implicit.Tests;

[TestClass]
public static class TestBackend
{
    // Many tests use tensors before the library does, and so would load libtorch without what the library sets up for it.
    [AssemblyInitialize]
    public static void Load(TestContext context) => NativeBackend.EnsureLoaded();
}
