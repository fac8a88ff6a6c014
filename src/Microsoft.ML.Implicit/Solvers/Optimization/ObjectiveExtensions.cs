using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>Evaluations whose results are checked.</summary>
internal static class ObjectiveExtensions
{
    /// <summary>A value a row.</summary>
    /// <exception cref="ArgumentException">The objective gives something else.</exception>
    public static Tensor Value(this IRowObjective objective, Tensor y, IReadOnlyList<Tensor> inputs) =>
        TensorContract.Require(objective.Evaluate(y, inputs), [y.shape[0]], y, objective, " as a value a row");

    /// <summary>Several values a row.</summary>
    /// <exception cref="ArgumentException">The function gives something else.</exception>
    public static Tensor Values(this IRowObjective objective, Tensor y, IReadOnlyList<Tensor> inputs)
    {
        Tensor? values = objective.Evaluate(y, inputs);
        long count = values is { IsInvalid: false } && values.dim() == 2 ? values.shape[1] : 1;
        return TensorContract.Require(values, [y.shape[0], count], y, objective, " as [rows, count]");
    }
}
