using Microsoft.ML.Implicit.Layers.Optimization;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Relaxations;

/// <summary>
/// The cheapest plan that carries masses a to masses b, with a bonus for spreading (Cuturi, 2013, "Sinkhorn distances"): Σ C P - ε Σ H(P) under P1 = a and Pᵀ1 = b;
/// differentiable with respect to costs and masses by the implicit function theorem on the dual's minimum.
/// </summary>
/// <remarks>
/// Sinkhorn's iterations in logarithms come near, and Newton's on the semi-dual f ↦ ε Σ bⱼ log Σ exp((fᵢ - Cᵢⱼ) / ε) - Σ aᵢ fᵢ end: small strengths, for which Sinkhorn's take
/// thousands, need few of them. Where costs are 10⁹ strengths and more, masses are kept to the rounding of that ratio, and a row that
/// misses more than 10⁻⁶ of its mass, as from 10¹¹ on, has not converged.
/// </remarks>
/// <example><code>
/// var transport = new OptimalTransport(strength: 0.1);
/// Tensor plan = transport.Plan(costs, source, target);
/// Tensor distance = (plan * costs).sum([1, 2]);
/// </code></example>
public sealed class OptimalTransport
{
    private const int Levels = 20;
    private const int IterationsPerLevel = 10;

    private const double LargestDifference = 1e-9;

    // Of a row's mass: what plans may miss of a source. Potentials are as large as costs, in strengths, and their rounding is the logarithm of what plans are off by.
    private const double LargestMiss = 1e-6;

    // A plan that has become an assignment leaves potentials undetermined: this keeps them near where Sinkhorn's iterations ended.
    private const double Ridge = 1e-11;

    private readonly double _strength;
    private readonly bool _throwOnFailure;
    private readonly ArgMin _potentials;

    /// <summary>Creates the layer.</summary>
    /// <param name="strength">ε, in units of the costs.</param>
    /// <param name="throwOnFailure">Whether a row that does not converge is an exception; otherwise its plan is that of the last iteration, or NaN where that misses masses.</param>
    /// <exception cref="ArgumentOutOfRangeException">The strength is not positive.</exception>
    public OptimalTransport(double strength, bool throwOnFailure = true)
    {
        RowTensor.CheckStrength(strength);
        (_strength, _throwOnFailure) = (strength, throwOnFailure);
        _potentials = new ArgMin(SemiDual, new NewtonMinimizer(), throwOnFailure: throwOnFailure);
    }

    /// <summary>Finds plans.</summary>
    /// <param name="costs">C, float64 <c>[rows, sources, targets]</c>.</param>
    /// <param name="source">a, float64 <c>[rows, sources]</c>, positive.</param>
    /// <param name="target">b, float64 <c>[rows, targets]</c>, positive, of the same sum in each row.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>P <c>[rows, sources, targets]</c>.</returns>
    /// <exception cref="ArgumentException">The tensors have other shapes or types, a mass is not positive, or sums differ.</exception>
    /// <exception cref="SolveFailedException">A row did not converge.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public Tensor Plan(Tensor costs, Tensor source, Tensor target, CancellationToken cancellationToken = default)
    {
        Check(costs, source, target);
        using DisposeScope scope = NewDisposeScope();

        // In units of the strength, so that neither the units of costs nor those of masses matter to the search.
        Tensor total = source.sum(1, keepdim: true);
        Tensor[] inputs = [costs.div(_strength.Held()), source / total, target / total];
        Tensor[] given = Array.ConvertAll(inputs, input => input.detach());
        Tensor start = Start(inputs), still = zeros_like(start);
        Tensor near = _potentials.Solve(still, [.. given, start], cancellationToken: cancellationToken).Solution.Plus(start);

        // From where the first search ended nothing pulls the second one back.
        Tensor potentials = _potentials.Solve(still, [.. inputs, near], cancellationToken: cancellationToken).Solution.Plus(near);
        Tensor shares = (potentials.unsqueeze(2) - inputs[0]).softmax(1);
        return Checked(shares * target.unsqueeze(1), source, total).MoveToOuterDisposeScope();
    }

    private Tensor Checked(Tensor plan, Tensor source, Tensor total)
    {
        using Tensor holds = (plan.sum(2) - source).detach().abs().le(total.detach() * LargestMiss.Held()).all(1);
        int missed = Array.IndexOf(holds.cpu().data<bool>().ToArray(), false);
        if (missed < 0)
        {
            return plan;
        }

        return !_throwOnFailure
            ? plan.masked_fill(holds.logical_not().view(-1, 1, 1), double.NaN.Held())
            : throw new SolveFailedException(
                $"Row {missed} of transport: its costs are so many strengths that rounding keeps no masses to {LargestMiss:G1} of the whole. Raise the strength.", SolveStatus.StepUnderflow, missed);
    }

    private static void Check(Tensor costs, Tensor source, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(costs);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        NativeBackend.EnsureLoaded();
        bool fits = costs.dim() == 3 && source.shape.SequenceEqual([costs.shape[0], costs.shape[1]]) && target.shape.SequenceEqual([costs.shape[0], costs.shape[2]]);
        if (!fits || new[] { costs, source, target }.Any(tensor => tensor.dtype != ScalarType.Float64))
        {
            throw new ArgumentException("Costs, sources and targets must be float64 of shapes [rows, sources, targets], [rows, sources] and [rows, targets].", nameof(costs));
        }

        using DisposeScope scope = NewDisposeScope();
        if (!(source.gt(0.Held()).all().item<bool>() && target.gt(0.Held()).all().item<bool>()))
        {
            throw new ArgumentException("Masses must be positive.", nameof(source));
        }

        (Tensor left, Tensor right) = (source.detach().sum(1), target.detach().sum(1));
        if (!(left - right).abs().le(left * LargestDifference.Held()).all().item<bool>())
        {
            throw new ArgumentException($"The masses of a row's sources and targets have different sums, by more than a share of {LargestDifference:G1}: divide each by its sum.", nameof(target));
        }
    }

    // Of what is added to the potentials at the start, which may be far larger than a strength. Potentials are free up to a constant; the last term but one sets their mean to zero.
    private static Tensor SemiDual(Tensor change, IReadOnlyList<Tensor> inputs)
    {
        Tensor f = change.Plus(inputs[3]);
        Tensor free = (inputs[2] * (f.unsqueeze(2) - inputs[0]).logsumexp(1)).sum(1) - (inputs[1] * f).sum(1);
        return free.Plus(f.mean([1]).Squared().mul(0.5.Held())).Plus(change.Squared().sum(1).mul((0.5 * Ridge).Held()));
    }

    private static Tensor Start(Tensor[] inputs)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (Tensor costs, Tensor logSource, Tensor logTarget) = (inputs[0].detach(), inputs[1].log(), inputs[2].log());
        Tensor f = zeros_like(logSource);

        // An iteration moves potentials by a few strengths: strengths fall from the range of a row's costs to the one that is asked for.
        Tensor range = (costs.amax([1, 2], true) - costs.amin([1, 2], true)).clamp_min(1.Held());
        for (int level = Levels - 1; level >= 0; level--)
        {
            using DisposeScope step = NewDisposeScope();
            Tensor width = range.pow((level / (Levels - 1.0)).Held()), scaled = costs / width, potentials = f / width.squeeze(2);
            for (int iteration = 0; iteration < IterationsPerLevel; iteration++)
            {
                Tensor g = logTarget - (potentials.unsqueeze(2) - scaled).logsumexp(1);
                potentials = logSource - (g.unsqueeze(1) - scaled).logsumexp(2);
            }

            f = (potentials * width.squeeze(2)).MoveToOuterDisposeScope();
        }

        return (f - f.mean([1], keepdim: true)).MoveToOuterDisposeScope();
    }
}
