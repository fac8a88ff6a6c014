using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Predicts the data of a quadratic program from features, and holds those of its constraints that are learned. In float64, as the solver.
/// </summary>
internal sealed partial class DecisionNetwork : nn.Module
{
    private readonly DecisionArchitecture _architecture;

    [ComponentName(Name = "center")]
    private readonly Tensor _center;

    [ComponentName(Name = "factor")]
    private readonly Tensor _factor;

    [ComponentName(Name = "cost_scale")]
    private readonly Tensor _costScale;

    [ComponentName(Name = "weights")]
    private readonly Parameter? _weights;

    [ComponentName(Name = "biases")]
    private readonly Parameter? _biases;

    [ComponentName(Name = "hidden_weights")]
    private readonly Parameter? _hiddenWeights;

    [ComponentName(Name = "hidden_biases")]
    private readonly Parameter? _hiddenBiases;

    [ComponentName(Name = "head_weights")]
    private readonly Parameter? _headWeights;

    [ComponentName(Name = "inequalities")]
    private readonly Parameter? _inequalities;

    [ComponentName(Name = "slacks")]
    private readonly Parameter? _slacks;

    [ComponentName(Name = "equalities")]
    private readonly Parameter? _equalities;

    [ComponentName(Name = "interior")]
    private readonly Parameter? _interior;

    /// <summary>Creates a network that predicts zeros, with random constraints.</summary>
    /// <param name="architecture">Sizes.</param>
    /// <param name="generator">Source of random numbers, on the CPU.</param>
    public DecisionNetwork(DecisionArchitecture architecture, Generator generator)
        : base(nameof(DecisionNetwork))
    {
        _architecture = architecture;
        int features = architecture.Features, variables = architecture.Variables, hidden = architecture.HiddenWidth;
        _center = zeros(features, ScalarType.Float64);
        _factor = ones(features, ScalarType.Float64);
        _costScale = ones(1, ScalarType.Float64);
        if (architecture.Outputs > 0)
        {
            _weights = new Parameter(zeros(features, architecture.Outputs, ScalarType.Float64));
            _biases = new Parameter(zeros(architecture.Outputs, ScalarType.Float64));
        }

        if (architecture.Outputs > 0 && hidden > 0)
        {
            _hiddenWeights = new Parameter(randn([features, hidden], ScalarType.Float64, generator: generator) / Math.Sqrt(Math.Max(features, 1)).Held());
            _hiddenBiases = new Parameter(zeros(hidden, ScalarType.Float64));
            _headWeights = new Parameter(zeros(hidden, architecture.Outputs, ScalarType.Float64));
        }

        if (architecture.Inequalities > 0)
        {
            _inequalities = new Parameter(randn([architecture.Inequalities, variables], ScalarType.Float64, generator: generator) / Math.Sqrt(variables).Held());
            _slacks = new Parameter(zeros(architecture.Inequalities, ScalarType.Float64));
        }

        if (architecture.Equalities > 0)
        {
            _equalities = new Parameter(rand([architecture.Equalities, variables], ScalarType.Float64, generator: generator));
        }

        if (architecture.Inequalities + architecture.Equalities > 0)
        {
            _interior = new Parameter(zeros(variables, ScalarType.Float64));
        }

        RegisterComponents();
    }

    /// <summary>Learns the scales of features and costs, and sets out from what is known without the solver.</summary>
    /// <param name="data">Training rows.</param>
    /// <param name="labelsAreCosts">Whether the labels are realised costs, at whose least-squares prediction training begins, or decisions.</param>
    /// <param name="given">The given arguments of these rows; needed where constraints are learned.</param>
    public void Initialize(DecisionSet data, bool labelsAreCosts, Tensor?[]? given = null)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor shares = data.Shares;
        Tensor mean = (data.Features * shares).sum([0L]);
        Tensor deviation = ((data.Features - mean).Squared() * shares).sum([0L]).sqrt();
        _center.copy_(mean);
        _factor.copy_(where(deviation > 0.Held(), 1.Held() / deviation, zeros_like(deviation)));
        if (_interior is not null)
        {
            _interior.copy_(InteriorParameters((data.Labels * shares).sum([0], keepdim: true), given![6], given[7]));
        }

        if (!labelsAreCosts)
        {
            return;
        }

        double scale = (data.Labels.Squared().mean([1], keepdim: true) * shares).sum().sqrt().item<double>();
        _costScale.fill_((scale > 0 ? scale : 1).Held());
        Tensor target = data.Labels / _costScale;
        Tensor center = (target * shares).sum([0L]);
        _biases!.copy_(center);
        if (_architecture.Features > 0)
        {
            // A trace of ridge keeps collinear features harmless.
            Tensor inputs = Scaled(data.Features);
            Tensor weighted = (inputs * shares).t();
            Tensor gram = weighted.mm(inputs).Plus(1e-8.Held() * eye(_architecture.Features, dtype: ScalarType.Float64, device: inputs.device));
            _weights!.copy_(linalg.solve(gram, weighted.mm(target - center)));
        }
    }

    /// <summary>Root mean square of the realised costs; 1 for imitation.</summary>
    public double CostScale => _costScale.item<double>();

    /// <summary>The predicted costs, [batch, variables].</summary>
    /// <param name="features">float64 [batch, features].</param>
    public Tensor PredictCosts(Tensor features) => Predict(features).narrow(1, 0, _architecture.Variables) * _costScale;

    /// <summary>Completes the arguments of a batch of programs.</summary>
    /// <param name="given">The given arguments, in the order of <see cref="Solvers.Quadratic.QuadraticArguments"/>.</param>
    /// <param name="features">float64 [batch, features].</param>
    /// <returns>All arguments; those predicted or learned have a graph.</returns>
    public Tensor?[] Complete(Tensor?[] given, Tensor features)
    {
        Tensor?[] arguments = [.. given];
        if (_weights is not null)
        {
            Tensor predicted = Predict(features);
            int costs = _architecture.PredictsCost ? _architecture.Variables : 0;
            arguments[1] = _architecture.PredictsCost ? predicted.narrow(1, 0, costs) * _costScale : given[1];
            arguments[3] = _architecture.RightHandSides > 0 ? given[3]!.Plus(predicted.narrow(1, costs, _architecture.RightHandSides)) : given[3];
        }

        if (_interior is null)
        {
            return arguments;
        }

        // Every program has this point: whatever is learned, there is a solution (Amos and Kolter, 2017, section 3).
        Tensor interior = Interior(given[6], given[7]);
        if (_inequalities is not null)
        {
            arguments[2] = _inequalities;
            arguments[3] = interior.matmul(_inequalities.t()).Plus(_slacks!.exp());
        }

        if (_equalities is not null)
        {
            arguments[4] = _equalities;
            arguments[5] = interior.matmul(_equalities.t());
        }

        return arguments;
    }

    private Tensor Predict(Tensor features)
    {
        Tensor inputs = Scaled(features);
        Tensor linear = _biases!.Plus(inputs.mm(_weights!));
        return _hiddenWeights is null
            ? linear
            : linear.Plus(nn.functional.gelu(inputs.mm(_hiddenWeights).Plus(_hiddenBiases!)).mm(_headWeights!));
    }

    private Tensor Scaled(Tensor features) => (features - _center) * _factor;

    private Tensor Interior(Tensor? lower, Tensor? upper) => (lower, upper) switch
    {
        (null, null) => _interior!,
        (not null, null) => lower.Plus(_interior!.exp()),
        (null, not null) => upper - _interior!.exp(),
        _ => lower.Plus((upper - lower) * _interior!.sigmoid()),
    };

    // The inverse of Interior at the mean decision, kept off the bounds.
    private static Tensor InteriorParameters(Tensor decision, Tensor? lower, Tensor? upper)
    {
        const double margin = 1e-3;
        Tensor parameters = (lower, upper) switch
        {
            (null, null) => decision,
            (not null, null) => (decision - lower).clamp_min(margin.Held()).log(),
            (null, not null) => (upper - decision).clamp_min(margin.Held()).log(),
            _ => ((decision - lower) / (upper - lower)).clamp(margin.Held(), (1 - margin).Held()).logit(),
        };
        return parameters.mean([0]);
    }
}
