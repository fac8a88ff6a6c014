using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>Vectors of a batch's rows in normal units, and the measures of convergence.</summary>
internal sealed class BatchedData
{
    private readonly BatchedUnits _units;
    private readonly Tensor _targetMagnitude;

    // Of the rows of zeros in G and A, in the user's units, [batch, 1]; null where there is none.
    private readonly Tensor? _emptyRowViolation;

    public BatchedData(QuadraticProblem problem)
    {
        Problem = problem;
        System = new BatchedSystem(problem);
        long batch = problem.BatchSize;
        Tensor p = Rows(problem.P), empty = zeros(1, 0, ScalarType.Float64, p.device);
        Tensor b = problem.B is null ? empty : Rows(problem.B);
        Tensor d = System.Stack(problem.H is null ? empty : Rows(problem.H), problem.Lower is null ? null : -Rows(problem.Lower), problem.Upper is null ? null : Rows(problem.Upper));

        // NaN counts as a constraint, which makes the row unsolvable.
        Tensor magnitudes = Magnitudes(problem);
        Tensor constrained = d.ge(magnitudes.clamp(min: 1.Held()).mul_(DenseRow.Infinity.Held())).logical_not();
        AllActive = constrained.all().item<bool>();
        d = AllActive ? d : where(constrained, d, zeros_like(d));

        // No point changes a row of zeros: those that are violated are judged beside the solution.
        Tensor isEmpty = magnitudes.eq(0.Held());
        Tensor isEmptyEquality = System.IsEmptyEquality;
        if (cat([isEmpty.any(1), isEmptyEquality.any(1)], 0).any().item<bool>())
        {
            isEmpty = isEmpty.logical_and(d.isfinite());
            isEmptyEquality = isEmptyEquality.logical_and(b.isfinite());
            Tensor violation = maximum(Largest(d.masked_fill(isEmpty.logical_not(), 0.Held()).clamp_(max: 0.Held())), Largest(b.masked_fill(isEmptyEquality.logical_not(), 0.Held())));
            _emptyRowViolation = violation.any().item<bool>() ? violation.unsqueeze(1).expand(batch, 1) : null;
            d = d.masked_fill(isEmpty, 0.Held());
            b = b.masked_fill(isEmptyEquality, 0.Held());
        }

        _units = new BatchedUnits(System, p, b, d);
        P = (p * (_units.Variable / _units.Objective)).expand(batch, problem.Variables);
        B = (b / _units.Equality).expand(batch, problem.Equalities);
        Active = constrained.to(ScalarType.Float64).expand(batch, d.shape[1]);
        D = (d / _units.Constraint).PlusInPlace(constrained.logical_not().logical_or(isEmpty)).expand(batch, d.shape[1]);
        Unsolvable = System.IsConvex().logical_and(P.sum(1).Plus(B.sum(1)).Plus(D.sum(1)).isfinite()).logical_not();
        _targetMagnitude = D.abs();
    }

    public QuadraticProblem Problem { get; }

    public BatchedSystem System { get; }

    public Tensor P { get; }

    public Tensor B { get; }

    /// <summary>Right-hand side of C z ≤ d; 1 where there is no constraint.</summary>
    public Tensor D { get; }

    /// <summary>1 for a constraint, 0 for one that an infinity switches off.</summary>
    public Tensor Active { get; }

    /// <summary>Whether no constraint is switched off.</summary>
    public bool AllActive { get; }

    /// <summary>Whether factors for equal weights of all constraints serve all rows.</summary>
    public bool SharesFactors => Problem.SharesMatrices && AllActive && Curvature is null;

    /// <summary>Rows that no method for convex problems with finite data can solve, [batch] Boolean.</summary>
    public Tensor Unsolvable { get; }

    /// <summary>What Q is multiplied by, [1 or batch, 1], or null where that is 1 everywhere.</summary>
    public Tensor? Curvature => _units.Curvature;

    /// <summary>Products with zeros where a constraint is switched off.</summary>
    public BatchedProducts Products(Tensor x)
    {
        BatchedProducts products = System.Products(x);
        products = Curvature is null ? products : products with { Q = products.Q * Curvature };
        return AllActive ? products : products with { C = Active * products.C };
    }

    public BatchedResiduals Residuals(Tensor z, Tensor nu, Tensor s, Tensor lambda)
    {
        BatchedProducts products = Products(z);
        Tensor complementarity = s * lambda, gradient = products.Q.Plus(P);
        Tensor stationarity = System.AddTransposed(gradient, lambda, nu);
        Tensor inequality = products.C.Plus(s).sub_(D), equality = Problem.Equalities > 0 ? products.A - B : B;
        return new BatchedResiduals(z, nu, lambda, products.Q, gradient, stationarity, inequality, equality, complementarity, complementarity.sum(1));
    }

    /// <summary>Measures the gap alone, which closes last.</summary>
    public BatchedGap Gap(BatchedResiduals r)
    {
        // Side by side, so that a sum is one launch for both.
        Tensor terms = stack([r.Qz, P]) * r.Z;
        Tensor[] sums = terms.sum(2).unbind(0);
        Tensor quadratic = sums[0].mul_(0.5.Held()), linear = terms.select(0, 1).norm(1, false, 1f);
        Tensor objective = maximum(maximum(quadratic, sums[1].abs_()), linear * ResidualNorms.GapRounding.Held());
        return new BatchedGap(r.Gap / objective.clamp_(min: ResidualNorms.SmallestScale.Held()), quadratic, linear);
    }

    /// <summary>Relative primal and dual residuals and gaps, [3, batch].</summary>
    public Tensor Measure(BatchedResiduals r) => Measure(r, Gap(r));

    /// <inheritdoc cref="Measure(BatchedResiduals)"/>
    public Tensor Measure(BatchedResiduals r, BatchedGap gap)
    {
        Tensor magnitudes = stack([r.Stationarity, r.Stationarity - r.ObjectiveGradient, r.Qz, P, r.Z]).norm(2, false, float.PositiveInfinity);
        Tensor dual = magnitudes.select(0, 0) / magnitudes.narrow(0, 1, 3).amax([0]).clamp_(min: ResidualNorms.SmallestScale.Held());
        Tensor size = magnitudes.select(0, 4).clamp_(min: ResidualNorms.SmallestScale.Held()).unsqueeze(1);
        Tensor primal = Largest(r.Inequality / maximum(_targetMagnitude, size));
        if (Problem.Equalities > 0)
        {
            primal = maximum(primal, Largest(r.Equality / maximum(B.abs(), size)));
        }

        Tensor cost = r.Cost() / maximum(gap.Quadratic, gap.Linear).clamp_(min: ResidualNorms.SmallestCost.Held());
        return stack([primal, dual, maximum(gap.Relative, cost.mul_(ResidualNorms.ResidualCostWeight.Held()))]);
    }

    /// <summary>The measures of an iterate and then the residuals and gaps in the user's units, with those of rows of zeros, [6, batch].</summary>
    public Tensor Report(Tensor measures, BatchedResiduals r)
    {
        Tensor primal = Largest(r.Inequality * _units.Constraint);
        primal = Problem.Equalities > 0 ? maximum(primal, Largest(r.Equality * _units.Equality)) : primal;
        Tensor absolute = stack([primal, Largest(r.Stationarity * (_units.Objective / _units.Variable)), r.Gap.Plus(r.Cost()) * _units.Objective.squeeze(1)]);
        Tensor report = cat([measures, absolute], 0);
        if (_emptyRowViolation is not null)
        {
            Tensor relative = (_emptyRowViolation / maximum(_emptyRowViolation, SizeOf(r.Z))).nan_to_num_(0);
            report[0] = maximum(report[0], relative.squeeze(1));
            report[3] = maximum(report[3], _emptyRowViolation.squeeze(1));
        }

        return report;
    }

    /// <summary>Rows that z cannot solve, whatever its measures: <see cref="Unsolvable"/>, or with a row of zeros that contradicts it, [batch] Boolean.</summary>
    public Tensor Contradicted(Tensor z) => _emptyRowViolation is null
        ? Unsolvable
        : Unsolvable.logical_or(_emptyRowViolation.gt(SizeOf(z) * EmptyRows.NegligibleViolation.Held()).squeeze(1));

    /// <summary>An iterate in the user's units.</summary>
    public BatchedState ToState(Tensor z, Tensor nu, Tensor s, Tensor lambda) => new(
        z * _units.Variable,
        nu * (_units.Objective / _units.Equality),
        where(Active > 0.Held(), Complementarity.Separate(s, lambda) * _units.Constraint, full_like(s, double.PositiveInfinity.Held())),
        lambda * (_units.Objective / _units.Constraint),
        System.Scales.clone());

    /// <summary>Largest magnitude of each row, NaN where an entry is.</summary>
    public static Tensor Largest(Tensor values) => values.shape[1] > 0
        ? values.norm(1, false, float.PositiveInfinity)
        : zeros(values.shape[0], ScalarType.Float64, values.device);

    // Largest magnitude in the user's units of variables that a matrix or a cost determines, [batch, 1].
    private Tensor SizeOf(Tensor z)
    {
        Tensor isArbitrary = System.IsUnused.logical_and(P.eq(0.Held()));
        return Largest((z * _units.Variable).masked_fill(isArbitrary, 0.Held())).unsqueeze(1);
    }

    // Largest magnitude in each row of C, in the user's units, [1 or batch, L].
    private Tensor Magnitudes(QuadraticProblem problem)
    {
        Tensor bound = ones(1, problem.Variables, ScalarType.Float64, problem.P.device);
        Tensor general = problem.G is null ? bound.narrow(1, 0, 0) : BatchedSystem.Double(problem.G).abs().amax([-1]);
        general = general.dim() > 1 ? general : general.unsqueeze(0);
        return System.Stack(general, bound, bound);
    }

    private static Tensor Rows(Tensor tensor)
    {
        Tensor rows = BatchedSystem.Double(tensor);
        return rows.dim() > 1 ? rows : rows.unsqueeze(0);
    }
}
