using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Where a solve sets out from: the solution of a problem of the same shape. A row with NaN sets out as if there were none.</summary>
/// <param name="Z">z, [batch, n].</param>
/// <param name="Lambda">Multipliers of G z ≤ h, [batch, m].</param>
/// <param name="Nu">Multipliers of A z = b, [batch, k].</param>
/// <param name="LowerMultipliers">Multipliers of the lower bounds, [batch, n]; null without lower bounds.</param>
/// <param name="UpperMultipliers">Multipliers of the upper bounds, [batch, n]; null without upper bounds.</param>
public sealed record QuadraticStart(Tensor Z, Tensor Lambda, Tensor Nu, Tensor? LowerMultipliers, Tensor? UpperMultipliers)
{
    /// <summary>The present parts in the order of the parameters.</summary>
    internal IEnumerable<Tensor> Tensors => new[] { Z, Lambda, Nu, LowerMultipliers, UpperMultipliers }.OfType<Tensor>();

    /// <summary>The rows at the given int64 indices, in the current dispose scope.</summary>
    internal QuadraticStart Select(Tensor rows) => new(
        Z.index_select(0, rows),
        Lambda.index_select(0, rows),
        Nu.index_select(0, rows),
        LowerMultipliers?.index_select(0, rows),
        UpperMultipliers?.index_select(0, rows));

    /// <exception cref="ArgumentException">The shapes are not those of the problem's solutions.</exception>
    internal void CheckFits(QuadraticProblem problem, string name)
    {
        long batch = problem.BatchSize, n = problem.Variables;
        Check(Z, n);
        Check(Lambda, problem.Inequalities);
        Check(Nu, problem.Equalities);
        Check(LowerMultipliers, problem.Lower is null ? null : n);
        Check(UpperMultipliers, problem.Upper is null ? null : n);

        void Check(Tensor? part, long? columns)
        {
            if (part is null ? columns is not null : columns is null || !part.shape.AsSpan().SequenceEqual([batch, columns.Value]))
            {
                string actual = part is null ? "nothing" : $"[{string.Join(", ", part.shape)}]";
                string expected = columns is null ? "nothing" : $"[{batch}, {columns}]";
                throw new ArgumentException($"The warm start solves a problem of another shape: it has {actual} where {expected} is expected.", name);
            }
        }
    }
}
