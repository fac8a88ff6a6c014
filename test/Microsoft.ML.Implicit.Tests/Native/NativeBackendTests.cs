using Microsoft.ML.Implicit.Native;
using TorchSharp;

namespace Microsoft.ML.Implicit.Tests.Native;

[TestClass]
public class NativeBackendTests
{
    [TestMethod]
    public void Native_backend_loads()
    {
        NativeBackend.EnsureLoaded();
        using torch.Tensor ones = torch.ones(2, 3);
        using torch.Tensor sum = ones.sum();
        Assert.AreEqual(6f, sum.item<float>());
    }

    [TestMethod]
    public void Auto_names_a_device_that_works() => Assert.IsNotNull(NativeBackend.ResolveDevice("auto"));

    [TestMethod]
    public void An_unknown_device_is_refused_by_name()
    {
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => NativeBackend.ResolveDevice("gpu"));
        StringAssert.Contains(exception.Message, "'gpu'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Cuda_that_is_absent_gives_a_clear_error()
    {
        if (torch.cuda.is_available())
        {
            Assert.Inconclusive("This host has CUDA.");
        }

        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => NativeBackend.ResolveDevice("cuda"));
        StringAssert.Contains(exception.Message, "Device to \"cpu\"", StringComparison.Ordinal);
    }
}
