using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Gives constraints whose slack and multiplier are both zero the ratio of the two that they have in the limit of the central path, so that the optimality
/// system can be differentiated. With any positive ratios its solution is a convex combination of those with subsets of these constraints held
/// (Ben-Tal and Teboulle, 1990, "A geometric property of the least squares solution of linear equations"), which makes it an element of Clarke's
/// generalised Jacobian; those of the limit do not depend on units.
/// </summary>
internal sealed class WeaklyActiveConstraints(QuadraticProblem problem, BatchedSystem system, double regularisation)
{
    // Of a slack in the terms of its constraint, and of a multiplier in those of the stationarity of its variables.
    private const double NegligibleShare = 1e-8;

    private const int MaximumNewtonSteps = 20;
    private const double NegligibleChange = 1e-8;
    private const double BackOff = 0.9;

    /// <summary>Slacks and multipliers in equilibrated units, [batch, L], of which one is positive; the slack is 1 where there is no constraint.</summary>
    public (Tensor Slack, Tensor Lambda) Centre(BatchedState solution)
    {
        Tensor z = solution.Z / system.VariableScale, nu = solution.Nu / system.EqualityScale;
        Tensor active = solution.Slack.isfinite();
        Tensor slack = where(active, solution.Slack * system.ConstraintScale, ones_like(solution.Slack));
        Tensor lambda = solution.Lambda / system.ConstraintScale;
        Tensor p = BatchedSystem.Double(problem.P) * system.VariableScale;
        Tensor weak = slack.le(system.MagnitudesOfC(z).Plus(slack).mul_(NegligibleShare.Held()))
            .logical_and(system.SharesInStationarity(p, z, nu, lambda).le(NegligibleShare.Held()))
            .logical_and(active);
        Tensor rows = weak.any(1).nonzero().squeeze(1);
        if (rows.shape[0] > 0)
        {
            slack = slack.masked_fill(weak, 1.Held());
            lambda = lambda.masked_fill(weak, 0.Held());
            (Tensor slacks, Tensor multipliers) = Centre(slack.index_select(0, rows), lambda.index_select(0, rows), weak.index_select(0, rows), rows);
            slack.index_copy_(0, rows, slacks);
            lambda.index_copy_(0, rows, multipliers);
        }

        return (slack, lambda);
    }

    // Of the rows with weakly active constraints, in which these are switched off.
    private (Tensor Slack, Tensor Lambda) Centre(Tensor slack, Tensor lambda, Tensor weak, Tensor rows)
    {
        Tensor places = weak.to(ScalarType.Float64).topk((int)weak.sum(1).max().item<long>(), 1).indexes, chosen = weak.gather(1, places);
        BatchedSystem selected = problem.SharesMatrices ? system : new BatchedSystem(problem.SelectRows(rows), system.Scales.index_select(0, rows));
        Tensor multipliers = Multipliers(Coupling(selected, slack, lambda, places, chosen));
        return (
            slack.scatter(1, places, where(chosen, multipliers.reciprocal(), slack.gather(1, places))),
            lambda.scatter(1, places, where(chosen, multipliers, lambda.gather(1, places))));
    }

    // How the slacks of weakly active constraints answer to their multipliers, C P Cᵀ with the inverse P of the system of all other constraints,
    // [rows, count, count]; the identity for places that are not chosen.
    private Tensor Coupling(BatchedSystem selected, Tensor slack, Tensor lambda, Tensor places, Tensor chosen)
    {
        Tensor inverse = slack.Plus(lambda * regularisation.Held()).reciprocal_(), weights = lambda * inverse, share = slack * inverse;
        var kkt = new BatchedKkt(selected, weights, null, regularisation);
        Tensor none = zeros_like(lambda), one = ones_like(lambda.narrow(1, 0, 1));
        Tensor noVariables = zeros([lambda.shape[0], problem.Variables], ScalarType.Float64, lambda.device);
        Tensor noEqualities = zeros([lambda.shape[0], problem.Equalities], ScalarType.Float64, lambda.device);
        var columns = new List<Tensor>();
        for (long i = 0; i < places.shape[1]; i++)
        {
            Tensor unit = none.scatter(1, places.narrow(1, i, 1), one);
            (Tensor z, _, _) = kkt.SolveRefined(weights, share, selected.AddTransposed(noVariables, unit, null, -1), noEqualities, none);
            columns.Add(selected.ApplyC(z).gather(1, places));
        }

        Tensor identity = eye(places.shape[1], dtype: ScalarType.Float64, device: lambda.device);
        Tensor coupling = stack([.. columns], 2).Plus(identity * regularisation.Held());
        return where(chosen.unsqueeze(1).logical_and(chosen.unsqueeze(2)), coupling, identity);
    }

    // The multipliers l > 0 with l ∘ M l = 1, at which slacks and multipliers leave zero along the central path: the minimum of ½ lᵀMl - Σ log l, found by
    // Newton's method in units in which M has a unit diagonal. Each step begins with the best multiple of the last, which takes those far that M leaves free.
    private static Tensor Multipliers(Tensor m)
    {
        Tensor unit = m.diagonal(0, 1, 2).rsqrt();
        Tensor scaled = (m * unit.unsqueeze(1)).mul_(unit.unsqueeze(2)), l = ones_like(unit);
        double largest = double.PositiveInfinity;
        for (int step = 0; step < MaximumNewtonSteps && largest > NegligibleChange; step++)
        {
            Tensor slack = BatchedSystem.Apply(scaled, l);
            Tensor multiple = (l * slack).mean([1], keepdim: true).clamp_(min: double.Epsilon.Held()).rsqrt_();
            l = l * multiple;
            Tensor inverse = l.reciprocal(), gradient = (slack * multiple).sub_(inverse);
            Tensor change = linalg.solve(scaled.Plus(diag_embed(inverse.Squared())), gradient.unsqueeze(2)).squeeze(2);
            Tensor relative = change * inverse;
            largest = relative.abs().max().item<double>();
            Tensor length = relative.amax([1], keepdim: true).clamp_(min: BackOff.Held()).reciprocal_().mul_(BackOff.Held());
            l = l.addcmul(length, change, (-1).Held());
        }

        return l * unit;
    }
}
