using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Optimization;

/// <summary>Attaches minima to autograd's graph as roots of the undamped conditions of optimality.</summary>
internal static class ImplicitMinimum
{
    /// <summary>Attaches minima.</summary>
    /// <param name="objective">What was minimised.</param>
    /// <param name="result">What was found, without a graph.</param>
    /// <param name="inputs">What the objective depends on.</param>
    /// <param name="bounds">Bounds, or null.</param>
    /// <param name="adjointSolver">Solves the linear equations of the backward pass; null for a factorisation where rows are short.</param>
    /// <param name="throwOnFailure">Whether a row whose Hessian is singular is an exception in the backward pass.</param>
    public static MinimizationResult Attach(
        IRowObjective objective, MinimizationResult result, IReadOnlyList<Tensor> inputs, Bounds? bounds, ILinearSolver? adjointSolver, bool throwOnFailure)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor y = result.Solution;
        IDifferentiableFunction conditions = new StationarityEquation(objective);
        IReadOnlyList<Tensor> all = inputs;
        if (bounds is not null)
        {
            (Tensor lower, Tensor upper) = bounds.Expand(y);
            Tensor slope = conditions.Evaluate(y, inputs).detach();
            Tensor isAtLower = y.le(lower).logical_and(slope.gt(0.Held())).logical_or(lower.eq(upper));
            Tensor isAtUpper = y.ge(upper).logical_and(slope.lt(0.Held()));
            conditions = new OptimalityEquation(objective);
            all = [.. inputs, bounds.Lower ?? lower, bounds.Upper ?? upper, isAtLower, isAtUpper];
        }

        var rule = new RootRule(conditions, adjointSolver ?? new DirectOrKrylovSolver(), throwOnFailure);
        Tensor attached = ImplicitSolve.Attach(rule, all, [y], [y])[0];
        return ReferenceEquals(attached, y) ? result : result with { Solution = attached.MoveToOuterDisposeScope() };
    }
}
