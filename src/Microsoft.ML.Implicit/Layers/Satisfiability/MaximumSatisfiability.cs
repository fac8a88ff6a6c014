using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Satisfiability;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Satisfiability;

/// <summary>
/// Completes bits so that they satisfy as many clauses as can be, where the clauses are learned (Wang, Donti, Wilder and Kolter, 2019, "SATNet: bridging deep learning and logical
/// reasoning using a differentiable satisfiability solver"): the semidefinite relaxation min ⟨SᵀS, VᵀV⟩ of maximum satisfiability over unit vectors, one a bit, some given by known
/// bits, solved by coordinate descent and differentiated by its optimality.
/// </summary>
/// <remarks>
/// A bit x is the vector at the angle π x from −v_top, towards v_top; v_top stands for what is true. Auxiliary variables, which are always unknown, let clauses share what they derive.
/// Rows do not influence one another, and all begin at the same initial vectors, which belong to the module's state: the same row always gives the same answer. Gradients flow to the
/// weights and to known bits that require them; there are no second derivatives. On the CPU float32 is much faster than float64. Run the backward pass through
/// <see cref="ImplicitBackward.Run"/> to see errors raised in it.
/// </remarks>
/// <example>
/// One training step on rows of bits, of which some are known:
/// <code>
/// var layer = new MaximumSatisfiability(bits: 3, clauses: 8, auxiliaries: 4, generator);
/// Tensor probabilities = layer.forward(values, isKnown);
/// Tensor loss = nn.functional.binary_cross_entropy(probabilities[isKnown.logical_not()], values[isKnown.logical_not()]);
/// ImplicitBackward.Run(() =&gt; loss.backward());
/// </code>
/// </example>
public sealed class MaximumSatisfiability : nn.Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "weights")]
    private readonly Parameter _weights;

    [ComponentName(Name = "directions")]
    private readonly Tensor _directions;

    private readonly MixingSettings _settings;

    /// <summary>Creates the layer with random clauses.</summary>
    /// <param name="bits">Bits of a row.</param>
    /// <param name="clauses">Clauses: rows of S.</param>
    /// <param name="auxiliaries">Auxiliary variables.</param>
    /// <param name="generator">Source of the clauses and of the initial vectors, on the CPU.</param>
    /// <param name="settings">How many sweeps, and how precise; null for the defaults.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive (auxiliaries: negative), or a setting is out of range.</exception>
    public MaximumSatisfiability(int bits, int clauses, int auxiliaries, Generator generator, MixingSettings? settings = null, ScalarType dtype = ScalarType.Float32)
        : base(nameof(MaximumSatisfiability))
    {
        ArgumentNullException.ThrowIfNull(generator);
        SettingRange.Require(bits > 0, nameof(bits), bits, "positive");
        SettingRange.Require(clauses > 0, nameof(clauses), clauses, "positive");
        SettingRange.Require(auxiliaries >= 0, nameof(auxiliaries), auxiliaries, "at least 0");
        SettingRange.Require(dtype is ScalarType.Float32 or ScalarType.Float64, nameof(dtype), dtype, "Float32 or Float64");
        (Bits, _settings) = (bits, settings ?? new MixingSettings());
        _settings.Validate();
        using DisposeScope scope = NewDisposeScope();
        int variables = 1 + bits + auxiliaries;
        _weights = new Parameter(randn([variables, clauses], dtype, generator: generator) * Math.Sqrt(0.5 / (variables + clauses)).Held());

        // v_top, and for every other variable a unit vector, which for bits is orthogonal to v_top: what a bit of one half would be.
        Tensor directions = Unit(randn([variables, MixingMethod.RankOf(variables)], dtype, generator: generator));
        Tensor top = directions[0], rest = directions.narrow(0, 1, bits);
        rest.copy_(Unit(rest - rest.matmul(top).unsqueeze(1) * top));
        _directions = directions.DetachFromDisposeScope();
        _weights.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>Bits of a row.</summary>
    public int Bits { get; }

    /// <summary>Completes rows of bits.</summary>
    /// <param name="values"><c>[rows, bits]</c>, of the layer's type and device; known bits from 0 (not set) to 1 (set), the others may be anything.</param>
    /// <param name="isKnown">Bool <c>[rows, bits]</c>.</param>
    /// <returns>How likely each bit is set, <c>[rows, bits]</c>, with a graph; what is known as it is given.</returns>
    /// <exception cref="ArgumentException">A shape or type is wrong.</exception>
    /// <exception cref="SolveFailedException">A known bit is not between 0 and 1, or the weights are not finite.</exception>
    public override Tensor forward(Tensor values, Tensor isKnown)
    {
        SatisfiabilitySolution solution = Solve(values, isKnown);
        int row = solution.Statuses.ToList().FindIndex(status => status is not (SolveStatus.Converged or SolveStatus.MaximumIterations));
        return row < 0
            ? solution.Probabilities
            : throw new SolveFailedException(
                solution.Statuses[row] == SolveStatus.InvalidInput ? $"Row {row} has a known bit that is not between 0 and 1." : $"The satisfiability of row {row} diverged: the weights are not finite.",
                solution.Statuses[row],
                row);
    }

    /// <summary>Completes rows of bits, and says how each row ended.</summary>
    /// <param name="values"><inheritdoc cref="forward" path="/param[@name='values']"/></param>
    /// <param name="isKnown"><inheritdoc cref="forward" path="/param[@name='isKnown']"/></param>
    /// <param name="cancellationToken">Looked at once a sweep on the CPU.</param>
    /// <returns>Probabilities with a graph.</returns>
    /// <exception cref="ArgumentException">A shape or type is wrong.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public SatisfiabilitySolution Solve(Tensor values, Tensor isKnown, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(isKnown);
        Require(values, nameof(values), _weights.dtype);
        Require(isKnown, nameof(isKnown), ScalarType.Bool);
        if (isKnown.shape[0] != values.shape[0])
        {
            throw new ArgumentException($"isKnown has {isKnown.shape[0]} rows and values have {values.shape[0]}.", nameof(isKnown));
        }

        using DisposeScope scope = NewDisposeScope();
        (Tensor probabilities, Tensor isValid, MixingOutcome outcome) = Complete(values, isKnown, cancellationToken);
        double[] readings = [.. outcome.Readings.cpu().flatten().data<double>()];
        bool[] valid = [.. isValid.cpu().data<bool>()];
        SolveStatus[] statuses = [.. valid.Select((isRowValid, row) => !isRowValid ? SolveStatus.InvalidInput : Status(readings[(2 * row) + 1]))];
        return new SatisfiabilitySolution(probabilities.MoveToOuterDisposeScope(), statuses, [.. valid.Select((_, row) => (int)readings[2 * row])]);
    }

    private SolveStatus Status(double change) =>
        double.IsNaN(change) ? SolveStatus.Diverged : change <= _settings.Tolerance ? SolveStatus.Converged : SolveStatus.MaximumIterations;

    private static Tensor Unit(Tensor vectors) => vectors / vectors.norm(1, keepdim: true);

    /// <summary>Completes rows of bits, and leaves all that it says of them where it was computed.</summary>
    /// <returns>Probabilities with a graph, whether a row is valid, <c>[rows]</c>, and how the sweeps ended.</returns>
    internal (Tensor Probabilities, Tensor IsValid, MixingOutcome Outcome) Complete(Tensor values, Tensor isKnown, CancellationToken cancellationToken)
    {
        Tensor isValid, isFree, products, vectors, probabilities;
        MixingOutcome outcome;
        using (no_grad())
        {
            Tensor isBetween = values.ge(0.Held()).logical_and(values.le(1.Held()));
            isValid = isBetween.logical_or(isKnown.logical_not()).all(1);
            Tensor given = where(isKnown.logical_and(isBetween), values, full_like(values, 0.5.Held()));
            (vectors, isFree) = Begin(given, isKnown);
            products = MixingMethod.ProductsOf(_weights);
            outcome = MixingMethod.Run(new MixingSystem(products, isFree, vectors), _settings, cancellationToken);
            Tensor v = vectors.narrow(1, 1, Bits);
            Tensor along = v.matmul(_directions[0]);
            Tensor across = (v - (along.unsqueeze(2) * _directions[0])).norm(2);
            probabilities = where(isKnown, given, atan2(across, along.neg()) / Math.PI.Held());
        }

        // A row that is not valid has nothing to pass a gradient to.
        Tensor attached = ImplicitSolve.Attach(new MixingRule(_settings), [values, _weights], [probabilities], [products, vectors, outcome.Norms, isFree, _directions])[0];
        return (where(isValid.unsqueeze(1), attached, full_like(attached, double.NaN.Held())), isValid, outcome);
    }

    private (Tensor Vectors, Tensor IsFree) Begin(Tensor given, Tensor isKnown)
    {
        long rows = given.shape[0];
        Tensor angle = (given * Math.PI.Held()).unsqueeze(2);
        Tensor top = _directions[0], across = _directions.narrow(0, 1, Bits);
        Tensor vectors = _directions.unsqueeze(0).repeat(rows, 1, 1);
        vectors.narrow(1, 1, Bits).copy_(where(isKnown.unsqueeze(2), (angle.sin() * across) - (angle.cos() * top), across));
        Tensor isTop = zeros([rows, 1], ScalarType.Bool, given.device), isAuxiliary = ones([rows, _directions.shape[0] - Bits - 1], ScalarType.Bool, given.device);
        return (vectors, cat([isTop, isKnown.logical_not(), isAuxiliary], 1));
    }

    private void Require(Tensor tensor, string name, ScalarType type)
    {
        if (tensor.ndim != 2 || tensor.shape[1] != Bits || tensor.dtype != type)
        {
            throw new ArgumentException($"{name} is {tensor.dtype} [{string.Join(", ", tensor.shape)}]; the layer takes {type} [rows, {Bits}].", name);
        }
    }
}
