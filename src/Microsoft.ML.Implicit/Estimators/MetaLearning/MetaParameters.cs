using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What all tasks share.</summary>
/// <param name="Shared">m, the weights that tasks set out from, float64 <c>[features + 1, outputs]</c>, the intercepts last.</param>
/// <param name="LogPenalties">log λ of how far a task's weights go from them, float64 <c>[features + 1]</c>.</param>
internal sealed record MetaParameters(Tensor Shared, Tensor LogPenalties)
{
    /// <summary>The numbers as one vector.</summary>
    public double[] ToArray()
    {
        using Tensor all = cat([Shared.flatten(), LogPenalties]);
        return all.data<double>().ToArray();
    }

    /// <summary>The numbers of a vector, with a graph to it.</summary>
    /// <param name="v">float64 <c>[(features + 1) (outputs + 1)]</c>.</param>
    /// <param name="outputs">Number of outputs.</param>
    public static MetaParameters Of(Tensor v, long outputs)
    {
        long width = v.shape[0] / (outputs + 1);
        return new MetaParameters(v.narrow(0, 0, width * outputs).view(width, outputs), v.narrow(0, width * outputs, width));
    }
}
