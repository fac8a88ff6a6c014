using System.Globalization;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>An embedding h(0), the ODE dh/dt = f(t, h) up to time 1, and a linear head.</summary>
internal sealed partial class NeuralOdeNetwork : PredictionNetwork
{
    private readonly NeuralOdeArchitecture _architecture;
    private readonly int _inputWidth;
    private readonly Generator _generator;
    private readonly OdeTerms _terms;

    [ComponentName(Name = "field")]
    private readonly OdeField _field;

    /// <summary>Creates the network with random weights.</summary>
    /// <param name="architecture">Sizes and solver.</param>
    /// <param name="encodedWidth">Length of an encoded row.</param>
    /// <param name="generator">Source of the weights, of dropout and of what regularises the ODE, on the CPU; kept.</param>
    public NeuralOdeNetwork(NeuralOdeArchitecture architecture, int encodedWidth, Generator generator)
        : this(architecture, new CategoryEmbedding(encodedWidth, architecture.Levels, null), generator)
    {
    }

    private NeuralOdeNetwork(NeuralOdeArchitecture architecture, CategoryEmbedding categories, Generator generator)
        : this(architecture, categories, architecture.CreateField(categories.Width, generator), generator)
    {
    }

    private NeuralOdeNetwork(NeuralOdeArchitecture architecture, CategoryEmbedding categories, OdeField field, Generator generator)
        : base(nameof(NeuralOdeNetwork), categories, field.FeatureWidth, architecture.OutputWidth)
    {
        (_architecture, _field, _inputWidth, _generator) = (architecture, field, categories.Width, generator);
        _terms = new OdeTerms(field.Dynamics, architecture.Regularization.Kinds);
        RegisterComponents();
    }

    public override string UnsolvedRows => string.Create(
        CultureInfo.InvariantCulture,
        $"solves in training did not reach their end within MaximumSteps ({_architecture.MaximumSteps}). Raise it or Tolerance ({_architecture.Tolerance}), or lower Training.LearningRate.");

    /// <remarks>Rows take steps of their own, so that none depends on the others.</remarks>
    public override Tensor Predict(Tensor input, float[]? evaluations = null)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor start = _field.Augment(_field.Embed(input));
        double[] times = [0, 1];
        using OdeSolution solution = OdeSolver.Solve(_terms.Rows, start, [.. Enumerable.Repeat(times, (int)start.shape[0])], _architecture.SolverOptions);
        for (int row = 0; row < solution.Clocks.Count && evaluations is not null; row++)
        {
            evaluations[row] += _architecture.Method.EvaluationsOf(solution.Clocks[row].AcceptedSteps + solution.Clocks[row].RejectedSteps);
        }

        return Output(solution.States[1]).MoveToOuterDisposeScope();
    }

    /// <exception cref="InvalidOperationException">The solve did not come to its end.</exception>
    public override Tensor Forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = _field.Augment(_field.Embed(input));
        var term = (IDifferentiableOdeTerm)_terms.Rows;
        using OdeSolution solution = OdeSolver.Solve(term, start.detach(), [0, 1], _architecture.SolverOptions, differentiable: true);
        if (!solution.Converged)
        {
            throw new InvalidOperationException($"The {UnsolvedRows}");
        }

        Tensor times = tensor([0.0, 1.0], device: start.device);
        return Output(OdeRule.Attach(solution, start, times, term.Parameters)[1]).MoveToOuterDisposeScope();
    }

    /// <exception cref="InvalidOperationException">The solve did not come to its end.</exception>
    public override NetworkStep Backward(Tensor input, Func<Tensor, Tensor> loss, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        Tensor start = _field.Augment(Drop(_field.Embed(input)));
        IDifferentiableOdeTerm term = _terms.Penalized(start, _generator);
        Tensor extended = _terms.Extend(start.detach());
        using OdeSolution solution = OdeSolver.Solve(term, extended, [0, EndTime()], _architecture.SolverOptions with { CancellationToken = cancellationToken }, differentiable: true);
        if (!solution.Converged)
        {
            throw new InvalidOperationException($"The {UnsolvedRows}");
        }

        Tensor end = solution.States[1].detach().requires_grad_();
        Tensor value = loss(Output(end.narrow(1, 0, start.shape[1])));
        Tensor? penalty = Penalty(end, start.shape[1]);
        Tensor total = penalty is null ? value : value.Plus(penalty);
        ImplicitBackward.Run(() => total.backward());
        using OdeGradients gradients = solution.Backward(stack([zeros_like(end), end.grad!]));
        gradients.AccumulateInto(term.Parameters);
        if (start.requires_grad)
        {
            ImplicitBackward.Run(() => start.backward([gradients.InitialState.narrow(1, 0, start.shape[1])]));
        }

        return new NetworkStep(solution.Statistics.Evaluations, 0, penalty?.detach().MoveToOuterDisposeScope());
    }

    public override ManagedNetwork? CreateManaged(InputCode code) => _field is DenseField dense && ManagedOdeNetwork.Suits(dense, _inputWidth) && _categories.Coded(code, dense.FeatureWidth) is { } coded
        ? ManagedOdeNetwork.Create(_architecture, dense, _inputWidth, coded, _headWeight, _headBias)
        : null;

    private protected override (Parameter Weight, Parameter Bias)? InputMap => (_field as DenseField)?.Embedding;

    private Tensor Output(Tensor state) => _headBias.addmm(Drop(_field.Readout(state)), _headWeight);

    private Tensor Drop(Tensor values) => training ? Dropout.Of(values, [_architecture.Dropout], _generator) : values;

    private double EndTime()
    {
        double spread = _architecture.Regularization.EndTimeSpread;
        if (spread == 0)
        {
            return 1;
        }

        using Tensor draw = rand(1, ScalarType.Float64, generator: _generator);
        return 1 + (spread * ((2 * draw.item<double>()) - 1));
    }

    // The columns behind the state hold the integrals.
    private Tensor? Penalty(Tensor end, long dimension)
    {
        Tensor? sum = null;
        for (int i = 0; i < _architecture.Regularization.Penalties.Count; i++)
        {
            Tensor weighted = end.select(1, dimension + i).mean() * _architecture.Regularization.Penalties[i].Weight.Held();
            sum = sum?.Plus(weighted) ?? weighted;
        }

        return sum;
    }
}
