using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>A function of each row's unknowns y, made of operations that autograd follows: an objective, residuals, or constraints.</summary>
/// <remarks>Rows must not influence one another: row i of the value depends on row i of y alone.</remarks>
public interface IRowObjective
{
    /// <summary>Evaluates the function.</summary>
    /// <param name="y">Unknowns <c>[rows, ...]</c>, never to be written to.</param>
    /// <param name="inputs">All else that it depends on and that is to be differentiated; parameters that it holds itself are listed too.</param>
    /// <returns>A value a row, <c>[rows]</c>, or where several are asked for <c>[rows, count]</c>; of the type and device of <paramref name="y"/>.</returns>
    Tensor Evaluate(Tensor y, IReadOnlyList<Tensor> inputs);
}
