using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>Vectors of a batch's rows in equilibrated units, and the measures of convergence in the user's units.</summary>
internal sealed class BatchedData
{
    private readonly Tensor _dualScale;
    private readonly Tensor _primalScale;
    private readonly Tensor _equalityScale;

    public BatchedData(QuadraticProblem problem)
    {
        Problem = problem;
        System = new BatchedSystem(problem);
        long batch = problem.BatchSize;
        Tensor p = Rows(problem.P), empty = zeros(1, 0, ScalarType.Float64, p.device);
        P = (p * System.VariableScale).expand(batch, problem.Variables);
        B = problem.B is null ? empty.expand(batch, 0) : (Rows(problem.B) * System.EqualityScale).expand(batch, problem.Equalities);
        Tensor d = System.Stack(problem.H is null ? empty : Rows(problem.H), problem.Lower is null ? null : -Rows(problem.Lower), problem.Upper is null ? null : Rows(problem.Upper));
        Tensor constrained = d < Dense.DenseRow.Infinity.Held();
        d = d * System.ConstraintScale;
        Active = constrained.to(ScalarType.Float64).expand(batch, d.shape[1]);
        D = where(constrained, d, ones_like(d)).expand(batch, d.shape[1]);
        _dualScale = (P * System.InverseVariableScale).abs().amax([1]).add_(1.Held());
        _primalScale = Largest(Active * D / System.ConstraintScale).add_(1.Held());
        _equalityScale = Largest(B / System.EqualityScale).add_(1.Held());
        Unsolvable = System.IsConvex().logical_and(P.sum(1).add(B.sum(1)).add(D.sum(1)).isfinite()).logical_not();
    }

    public QuadraticProblem Problem { get; }

    public BatchedSystem System { get; }

    public Tensor P { get; }

    public Tensor B { get; }

    /// <summary>Right-hand side of C z ≤ d; 1 where there is no constraint.</summary>
    public Tensor D { get; }

    /// <summary>1 for a constraint, 0 for one that an infinity switches off.</summary>
    public Tensor Active { get; }

    /// <summary>Rows that no method for convex problems with finite data can solve, [batch] Boolean.</summary>
    public Tensor Unsolvable { get; }

    public BatchedResiduals Residuals(Tensor z, Tensor nu, Tensor s, Tensor lambda)
    {
        Tensor qz = System.ApplyQ(z);
        return new BatchedResiduals(
            qz,
            System.ApplyTransposed(lambda, nu).add_(qz).add_(P),
            (Active * System.ApplyC(z)).add_(s).sub_(D),
            System.ApplyA(z) - B,
            (s * lambda).sum(1));
    }

    /// <summary>Relative primal and dual residuals and gaps, [3, batch].</summary>
    public Tensor Measure(Tensor z, BatchedResiduals r)
    {
        Tensor dual = (r.Stationarity * System.InverseVariableScale).abs().amax([1]) / maximum(_dualScale, (r.Qz * System.InverseVariableScale).abs().amax([1]).add_(1.Held()));
        Tensor primal = Largest(Active * r.Inequality / System.ConstraintScale) / _primalScale;
        if (Problem.Equalities > 0)
        {
            primal = maximum(primal, Largest(r.Equality / System.EqualityScale) / _equalityScale);
        }

        Tensor objective = (z * (r.Qz * 0.5.Held() + P)).sum(1);
        return stack([primal, dual, r.Complementarity / objective.abs().add_(1.Held())]);
    }

    /// <summary>An iterate in the user's units.</summary>
    public BatchedState ToState(Tensor z, Tensor nu, Tensor s, Tensor lambda) => new(
        z * System.VariableScale,
        nu * System.EqualityScale,
        where(Active > 0.Held(), s / System.ConstraintScale, full_like(s, double.PositiveInfinity.Held())),
        lambda * System.ConstraintScale);

    private static Tensor Rows(Tensor tensor)
    {
        Tensor rows = BatchedSystem.Double(tensor);
        return rows.dim() > 1 ? rows : rows.unsqueeze(0);
    }

    private static Tensor Largest(Tensor values) =>
        values.shape[1] > 0 ? values.abs().amax([1]) : zeros(values.shape[0], ScalarType.Float64, values.device);
}
