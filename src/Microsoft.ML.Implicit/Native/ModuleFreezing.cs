using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Ends the training of modules.</summary>
internal static class ModuleFreezing
{
    /// <summary>Fixes parameters and buffers, so that several threads may evaluate at once, and frees them from the dispose scope they were made in.</summary>
    public static void FreezeState(this nn.Module module)
    {
        module.eval();
        foreach (Tensor value in module.state_dict().Values)
        {
            value.DetachFromDisposeScope();
            value.requires_grad_(false);
        }
    }
}
