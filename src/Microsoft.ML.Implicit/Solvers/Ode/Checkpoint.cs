using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>States kept along a solve whose length is not known beforehand.</summary>
internal static class Checkpoint
{
    /// <summary>Drops every other state, the second first.</summary>
    public static void Thin(List<Tensor> checkpoints)
    {
        for (int i = checkpoints.Count - 1; i > 0; i--)
        {
            if (i % 2 == 1)
            {
                checkpoints[i].Dispose();
                checkpoints.RemoveAt(i);
            }
        }
    }
}
