using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>Where a solve sets out from: the solution of a problem of the same shape. A row with NaN sets out as if there were none.</summary>
/// <param name="X">x, [batch, n].</param>
/// <param name="S">Slacks, [batch, m].</param>
/// <param name="Y">Multipliers, [batch, m].</param>
public sealed record ConeStart(Tensor X, Tensor S, Tensor Y)
{
    /// <summary>The rows at the given int64 indices, in the current dispose scope.</summary>
    internal ConeStart Select(Tensor rows) => new(X.index_select(0, rows), S.index_select(0, rows), Y.index_select(0, rows));

    /// <exception cref="ArgumentException">The shapes are not those of the problem's solutions.</exception>
    internal void CheckFits(ConeProblem problem, string name)
    {
        Check(X, problem.Variables);
        Check(S, problem.Constraints);
        Check(Y, problem.Constraints);

        void Check(Tensor part, long columns)
        {
            if (!part.shape.AsSpan().SequenceEqual([problem.BatchSize, columns]))
            {
                throw new ArgumentException(
                    $"The warm start solves a problem of another shape: it has [{string.Join(", ", part.shape)}] where [{problem.BatchSize}, {columns}] is expected.", name);
            }
        }
    }
}
