using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Solves the transposed optimality systems of a batch of tensors with one batched factorisation, refined; weakly active constraints count as
/// <see cref="WeaklyActiveConstraints"/> says.
/// </summary>
internal sealed class BatchedAdjoint(BatchedState? state, bool[] converged) : IQuadraticAdjoint
{
    private const double Regularisation = 1e-10;

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> State => state?.Tensors ?? [];

    /// <inheritdoc/>
    public IQuadraticAdjoint WithoutState() => new BatchedAdjoint(null, converged);

    /// <inheritdoc/>
    public QuadraticAdjointResult Solve(QuadraticProblem problem, IReadOnlyList<Tensor> state, QuadraticOutputGradients gradients)
    {
        BatchedState solution = BatchedState.FromTensors(state);
        var system = new BatchedSystem(problem, solution.Scales);
        long m = problem.Inequalities, n = problem.Variables;
        Tensor gradZ = Given(gradients.Z, solution.Z) * system.VariableScale;
        Tensor gradNu = Given(gradients.Nu, solution.Nu) * system.EqualityScale;
        Tensor gradConstraints = system.Stack(
            Given(gradients.Lambda, solution.Lambda.narrow(1, 0, m)),
            problem.Lower is null ? null : Given(gradients.Lower, solution.Z),
            problem.Upper is null ? null : Given(gradients.Upper, solution.Z)) * system.ConstraintScale;

        Tensor active = solution.Slack.isfinite().to(ScalarType.Float64);
        (Tensor slack, Tensor lambda) = new WeaklyActiveConstraints(problem, system, Regularisation).Centre(solution);
        Tensor inverse = active / slack.Plus(lambda * Regularisation.Held()).PlusInPlace(double.Epsilon.Held());
        Tensor weights = lambda * inverse, share = slack * inverse;
        (Tensor dz, Tensor dnu, Tensor u) = new BatchedKkt(system, weights, null, Regularisation).SolveRefined(weights, share, gradZ, gradNu, gradConstraints);

        Tensor failed = tensor(converged, device: problem.P.device).logical_not().unsqueeze(1);
        dz = Finish(dz, system.VariableScale);
        dnu = Finish(dnu, system.EqualityScale);
        u = Finish(u, system.ConstraintScale);
        var result = new QuadraticAdjointResult(
            dz,
            u.narrow(1, 0, m),
            dnu,
            problem.Lower is null ? null : u.narrow(1, m, n),
            problem.Upper is null ? null : u.narrow(1, u.shape[1] - n, n),
            solution.Z,
            solution.Lambda.narrow(1, 0, m),
            solution.Nu);
        return result.WithoutUnused(converged, gradients);

        static Tensor Given(Tensor? gradient, Tensor output) => gradient is null ? zeros_like(output) : BatchedSystem.Double(gradient);
        Tensor Finish(Tensor values, Tensor scale) => (values * scale).masked_fill(failed, double.NaN.Held());
    }
}
