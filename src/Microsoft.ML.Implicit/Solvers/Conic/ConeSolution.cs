using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>
/// Solutions of a batch of cone programs. The tensors have the problem's type and device, no gradient, and belong to the dispose scope
/// in which the problem was solved. A row without a solution holds NaN, one that stopped early its best iterate.
/// </summary>
public sealed class ConeSolution
{
    // Of the largest number of a certificate: what is left of those that should be zero is below.
    internal const double SmallestShare = 1e-3;

    internal ConeSolution(ConeProblem problem, ConeResults results, ConeOptions options)
    {
        Results = results;
        Problem = problem;
        Options = options;
        X = ToTensor(results.X, problem.Variables);
        S = ToTensor(results.S, problem.Constraints);
        Y = ToTensor(results.Y, problem.Constraints);
        using Tensor column = ToTensor(results.Objectives, 1);
        Objective = column.squeeze(1);
        Status = Array.ConvertAll(results.Outcomes, outcome => outcome.Status);
        Iterations = Array.ConvertAll(results.Outcomes, outcome => outcome.Iterations);
        PrimalResiduals = Array.ConvertAll(results.Outcomes, outcome => outcome.Primal);
        DualResiduals = Array.ConvertAll(results.Outcomes, outcome => outcome.Dual);
        Gaps = Array.ConvertAll(results.Outcomes, outcome => outcome.Gap);
    }

    /// <summary>The problem that was solved.</summary>
    public ConeProblem Problem { get; }

    /// <summary>x, [batch, n].</summary>
    public Tensor X { get; }

    /// <summary>Slacks s = b − A x in the cones, [batch, m].</summary>
    public Tensor S { get; }

    /// <summary>
    /// Multipliers y of A x + s = b in the dual cones, [batch, m]: Px + q + Aᵀy = 0. Where constraints leave no more than a face of a second-order cone, as a budget of zero does, those of the program with the
    /// face in the cone's place, in the dual of the face.
    /// </summary>
    public Tensor Y { get; }

    /// <summary>½ xᵀPx + qᵀx, [batch].</summary>
    public Tensor Objective { get; }

    /// <summary>How each row ended.</summary>
    public IReadOnlyList<SolveStatus> Status { get; }

    /// <summary>Iterations of each row.</summary>
    public IReadOnlyList<int> Iterations { get; }

    /// <summary>Largest entry of A x + s − b in each row, relative to A x, s and b of its own constraint, or, where these vanish, to the point as a whole, in equilibrated units.</summary>
    public IReadOnlyList<double> PrimalResiduals { get; }

    /// <summary>Largest entry of Px + q + Aᵀy in each row, each relative to the largest of the three terms of its own row, or, where these vanish, to what the objective changes with it, in equilibrated units.</summary>
    public IReadOnlyList<double> DualResiduals { get; }

    /// <summary>Difference of the primal and the dual objective of each row, relative to the larger, or, where that is small, to a fraction of the terms that the primal is a sum of, at least a hundredth of the smallest cost.</summary>
    public IReadOnlyList<double> Gaps { get; }

    /// <summary>The solution as where the solve of a neighbouring problem sets out from.</summary>
    public ConeStart Start => new(X, S, Y);

    /// <summary>Whether every row converged.</summary>
    public bool AllConverged => Status.All(status => status == SolveStatus.Converged);

    internal ConeOptions Options { get; }

    internal ConeResults Results { get; }

    /// <summary>All tensors that belong to the solution.</summary>
    internal IEnumerable<Tensor> Tensors => [X, S, Y, Objective];

    /// <summary>What proves that a row has no solution.</summary>
    /// <param name="row">Index of the row.</param>
    /// <returns>
    /// For an infeasible row y in the dual cones with Aᵀy = 0 and bᵀy = −1; for an unbounded one x with qᵀx = −1, Px = 0 and −Ax in the cones; null for others. Of a nearly
    /// infeasible or unbounded row these equations hold to 3e-5 in units in which the data are of the order of one: a point that satisfies all constraints is beyond 1 / Σ|Aᵀy|, if there is one.
    /// Null for a nearly unbounded row whose objective falls ever more slowly, as −log x does: no direction proves that.
    /// </returns>
    public double[]? Certificate(int row)
    {
        CheckRow(row);
        return (double[]?)Results.Certificates[row]?.Clone();
    }

    /// <summary>Says how a row ended, in a sentence.</summary>
    /// <param name="row">Index of the row.</param>
    public string Describe(int row)
    {
        CheckRow(row);
        return Status[row] switch
        {
            SolveStatus.Converged => "It was solved.",
            SolveStatus.Infeasible => $"No point satisfies all constraints; these contradict each other: {Heaviest(row, Problem.Constraints, "row")} of A x + s = b.",
            SolveStatus.NearlyInfeasible => $"No point of the order of its data satisfies all constraints: at best points do in the limit, or where numbers are far larger than all that is given; these nearly contradict each other: {Heaviest(row, Problem.Constraints, "row")} of A x + s = b.",
            SolveStatus.NearlyUnbounded => $"The objective falls very far, or without limit, along {Heaviest(row, Problem.Variables, "variable")}; bound them.",
            SolveStatus.Unbounded => $"The objective falls without limit along {Heaviest(row, Problem.Variables, "variable")}; bound them.",
            SolveStatus.NonConvex => "P is not positive semidefinite.",
            SolveStatus.InvalidInput => "Its data contain NaN or an infinity.",
            SolveStatus.MaximumIterations => "The limit on iterations came before the tolerance: the constraints may nearly contradict each other, or leave no room. Loosen the tolerance or raise the limit.",
            _ => "Rounding kept it from the tolerance: the constraints may leave no room, the optimum may not be attained, or the data span too many orders of magnitude.",
        };
    }

    /// <summary>Throws if a row did not converge.</summary>
    /// <exception cref="SolveFailedException">Names the first such row and why.</exception>
    public void ThrowIfFailed()
    {
        for (int row = 0; row < Status.Count; row++)
        {
            if (Status[row] != SolveStatus.Converged)
            {
                throw new SolveFailedException($"Row {row} of the cone program: {Describe(row)}", Status[row], row);
            }
        }
    }

    /// <summary>
    /// Gradients of a loss with respect to the problem's data, from one linear solve with the derivative of the central path at the solution, which is exact in the limit.
    /// Where a constraint is active with a zero multiplier the solution has no derivative, and the gradient is that of the path, between the one-sided ones.
    /// A tensor shared by all rows has the sum over rows. Rows that did not converge have NaN gradients, or zero where the loss does not depend on them, so that a mask keeps them out of what
    /// rows share.
    /// </summary>
    /// <param name="gradX">∂loss/∂x, [batch, n], or null for zero.</param>
    /// <param name="gradS">∂loss/∂s, [batch, m], or null.</param>
    /// <param name="gradY">∂loss/∂y, [batch, m], or null.</param>
    /// <returns>The gradients, in the problem's type and device.</returns>
    /// <exception cref="ArgumentException">A gradient's shape is not that of its output.</exception>
    public ConeGradients Backward(Tensor? gradX, Tensor? gradS = null, Tensor? gradY = null)
    {
        Check(gradX, X, nameof(gradX));
        Check(gradS, S, nameof(gradS));
        Check(gradY, Y, nameof(gradY));
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        ConeGradients gradients = ConeAdjoint.Solve(Problem, Results, Options, gradX, gradS, gradY);
        scope.MoveToOuter(gradients.Tensors);
        return gradients;
    }

    private static void Check(Tensor? gradient, Tensor output, string name)
    {
        if (gradient is not null && !gradient.shape.AsSpan().SequenceEqual(output.shape))
        {
            throw new ArgumentException($"{name} has shape [{string.Join(", ", gradient.shape)}]; expected [{string.Join(", ", output.shape)}].", name);
        }
    }

    private void CheckRow(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Status.Count);
    }

    private string Heaviest(int row, int count, string noun)
    {
        const int listed = 8;
        double[] weights = Results.CertificateWeights[row]!;
        double least = SmallestShare * weights.Max();
        int[] heavy = [.. Enumerable.Range(0, count).Where(i => weights[i] > least).OrderByDescending(i => weights[i])];
        return $"{noun}s {string.Join(", ", heavy.Take(listed))}{(heavy.Length > listed ? $" and {heavy.Length - listed} more" : "")}";
    }

    private Tensor ToTensor(double[] values, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        return NativeTensor.Of(values, [Problem.BatchSize, columns]).to(Problem.Q.dtype).to(Problem.Q.device).MoveToOuterDisposeScope();
    }
}
