using Microsoft.ML.Implicit.Native;
using TorchSharp;

namespace Documentation;

/// <summary>The code of docs/troubleshooting.md.</summary>
[TestClass]
public sealed class NativeBackendExamples
{
    [TestMethod]
    public void The_backend_can_be_loaded_at_once()
    {
        NativeBackend.EnsureLoaded();
        torch.Device device = NativeBackend.ResolveDevice("auto");

        Assert.AreEqual(torch.cuda_is_available() ? DeviceType.CUDA : DeviceType.CPU, device.type);
    }
}
