using Microsoft.ML.Implicit.Solvers.Quadratic.Dense;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>
/// Solutions of a batch of quadratic programs. The tensors have the problem's type and device, no gradient, and belong to the dispose scope
/// in which the problem was solved. A row without a solution holds NaN, one that stopped early its best iterate.
/// </summary>
public sealed class QuadraticSolution
{
    private readonly Func<int, QuadraticDiagnosis> _diagnose;

    internal QuadraticSolution(QuadraticProblem problem, IQuadraticAdjoint adjoint, Func<int, QuadraticDiagnosis> diagnose, DenseOutcome[] outcomes)
    {
        Problem = problem;
        Adjoint = adjoint;
        _diagnose = diagnose;
        Status = Array.ConvertAll(outcomes, o => o.Status);
        Iterations = Array.ConvertAll(outcomes, o => o.Iterations);
        PrimalResiduals = Array.ConvertAll(outcomes, o => o.Relative.Primal);
        DualResiduals = Array.ConvertAll(outcomes, o => o.Relative.Dual);
        Gaps = Array.ConvertAll(outcomes, o => o.Relative.Gap);
        AbsolutePrimalResiduals = Array.ConvertAll(outcomes, o => o.Absolute.Primal);
        AbsoluteDualResiduals = Array.ConvertAll(outcomes, o => o.Absolute.Dual);
        AbsoluteGaps = Array.ConvertAll(outcomes, o => o.Absolute.Gap);
    }

    /// <summary>The problem that was solved.</summary>
    public QuadraticProblem Problem { get; }

    /// <summary>z, [batch, n].</summary>
    public required Tensor Z { get; init; }

    /// <summary>Multipliers λ ≥ 0 of G z ≤ h, [batch, m].</summary>
    public required Tensor Lambda { get; init; }

    /// <summary>Multipliers ν of A z = b, [batch, k].</summary>
    public required Tensor Nu { get; init; }

    /// <summary>Multipliers of the lower bounds, nonnegative, [batch, n]; null without lower bounds.</summary>
    public required Tensor? LowerMultipliers { get; init; }

    /// <summary>Multipliers of the upper bounds, nonnegative, [batch, n]; null without upper bounds.</summary>
    public required Tensor? UpperMultipliers { get; init; }

    /// <summary>½ zᵀQz + pᵀz, [batch].</summary>
    public required Tensor Objective { get; init; }

    /// <summary>How each row ended.</summary>
    public IReadOnlyList<SolveStatus> Status { get; }

    /// <summary>Iterations of each row.</summary>
    public IReadOnlyList<int> Iterations { get; }

    /// <summary>Largest violation of a constraint in each row, relative to its right-hand side or the solution, whichever is larger. Does not depend on units.</summary>
    public IReadOnlyList<double> PrimalResiduals { get; }

    /// <summary>Largest entry of Qz + p + Gᵀλ + Aᵀν + bound multipliers in each row, relative to its largest term. Does not depend on units.</summary>
    /// <remarks>A cost more than about 1e10 times all others (1e8 for operator splitting) hides what is left of those: leave such a variable out instead.</remarks>
    public IReadOnlyList<double> DualResiduals { get; }

    /// <summary>
    /// Σ slack · multiplier of each row, relative to the larger of ½ zᵀQz and |pᵀz|, or a ten-thousandth of what the residuals may cost relative to the
    /// terms of the objective, whichever is larger. Does not depend on units.
    /// </summary>
    public IReadOnlyList<double> Gaps { get; }

    /// <summary>Largest violation of a constraint in each row, in the problem's units.</summary>
    public IReadOnlyList<double> AbsolutePrimalResiduals { get; }

    /// <summary>Largest entry of Qz + p + Gᵀλ + Aᵀν + bound multipliers in each row, in the problem's units.</summary>
    public IReadOnlyList<double> AbsoluteDualResiduals { get; }

    /// <summary>
    /// Σ slack · multiplier of each row and what its residuals may cost, Σ |residual · z| of stationarity and Σ |violation · multiplier|, in the problem's units:
    /// the objective is at most about this above the least, unless the least lies much farther from 0 than the solution.
    /// </summary>
    public IReadOnlyList<double> AbsoluteGaps { get; }

    /// <summary>Whether every row converged.</summary>
    public bool AllConverged => Status.All(s => s == SolveStatus.Converged);

    /// <summary>The solution as a warm start of a problem of the same shape; the tensors are this solution's.</summary>
    public QuadraticStart Start => new(Z, Lambda, Nu, LowerMultipliers, UpperMultipliers);

    internal IQuadraticAdjoint Adjoint { get; }

    /// <summary>Solutions and multipliers that are present, in the order of their properties.</summary>
    internal IEnumerable<Tensor> Outputs => Start.Tensors;

    /// <summary>All tensors that belong to the solution.</summary>
    internal IEnumerable<Tensor> Tensors => [.. Outputs, Objective, .. Adjoint.State];

    /// <summary>Says why a row has no solution, and which constraints or variables are to blame.</summary>
    public QuadraticDiagnosis Diagnose(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Status.Count);
        return _diagnose(row);
    }

    /// <summary>Throws if a row did not converge.</summary>
    /// <exception cref="SolveFailedException">Names the first such row and why.</exception>
    public void ThrowIfFailed()
    {
        for (int row = 0; row < Status.Count; row++)
        {
            if (Status[row] != SolveStatus.Converged)
            {
                throw new SolveFailedException($"Row {row} of the quadratic program: {Diagnose(row)}", Status[row], row);
            }
        }
    }

    /// <summary>
    /// Gradients of a loss with respect to the problem's data, from one linear solve with the transposed optimality system at the solution
    /// (Amos and Kolter, 2017, equations 6 to 8). Where inequalities or bounds are active with a zero multiplier, the solution has no derivative, and
    /// the gradient is a convex combination of those that it has with any part of these constraints held and the rest dropped: an element of Clarke's
    /// generalised gradient, the limit of the gradients along the central path; for one such constraint the mean of the two one-sided derivatives.
    /// Dependent active constraints share their multiplier gradient by least norm.
    /// Rows that did not converge have NaN gradients, or zero where the loss does not depend on them; a tensor shared by all rows has the sum over rows.
    /// </summary>
    /// <param name="gradZ">∂loss/∂z, [batch, n], or null for zero.</param>
    /// <param name="gradLambda">∂loss/∂λ, [batch, m], or null.</param>
    /// <param name="gradNu">∂loss/∂ν, [batch, k], or null.</param>
    /// <param name="gradLower">∂loss/∂ lower multipliers, [batch, n], or null.</param>
    /// <param name="gradUpper">∂loss/∂ upper multipliers, [batch, n], or null.</param>
    /// <param name="wanted">Which gradients to compute; all by default.</param>
    /// <returns>The gradients, in the problem's type and device.</returns>
    /// <exception cref="ArgumentException">A gradient's shape is not that of its output.</exception>
    public QuadraticGradients Backward(
        Tensor? gradZ,
        Tensor? gradLambda = null,
        Tensor? gradNu = null,
        Tensor? gradLower = null,
        Tensor? gradUpper = null,
        QuadraticArguments wanted = QuadraticArguments.All)
    {
        Check(gradZ, Z, nameof(gradZ));
        Check(gradLambda, Lambda, nameof(gradLambda));
        Check(gradNu, Nu, nameof(gradNu));
        Check(gradLower, LowerMultipliers, nameof(gradLower));
        Check(gradUpper, UpperMultipliers, nameof(gradUpper));
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        QuadraticAdjointResult adjoint = Adjoint.Solve(Problem, Adjoint.State, new QuadraticOutputGradients(gradZ, gradLambda, gradNu, gradLower, gradUpper));
        return QuadraticGradients.From(Problem, adjoint, wanted).MoveTo(scope);
    }

    private static void Check(Tensor? gradient, Tensor? output, string name)
    {
        if (gradient is not null && (output is null || !gradient.shape.AsSpan().SequenceEqual(output.shape)))
        {
            string expected = output is null ? "null: the problem has no such bounds" : $"[{string.Join(", ", output.shape)}]";
            throw new ArgumentException($"{name} has shape [{string.Join(", ", gradient.shape)}]; expected {expected}.", name);
        }
    }
}
