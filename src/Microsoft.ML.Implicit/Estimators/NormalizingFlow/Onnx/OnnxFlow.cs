using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Onnx.Differential;
using Microsoft.ML.Implicit.Solvers.Ode;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A continuous normalizing flow of one block within an ONNX file.</summary>
internal sealed class OnnxFlow
{
    private readonly FlowDynamics _dynamics;
    private readonly OnnxGraph _graph;
    private readonly OnnxType _precision;
    private readonly OnnxFlowLayer[] _layers;
    private readonly OnnxSpheres? _spheres;
    private readonly OnnxValue? _traceForm;
    private readonly OnnxRungeKutta _solver;
    private readonly int _dimension;

    /// <param name="flow">The flow.</param>
    /// <param name="graph">Receives its constants.</param>
    /// <param name="context">What it is conditioned on, [rows, context].</param>
    /// <param name="precision">Precision of the state.</param>
    /// <param name="solver">Tolerances of the solve.</param>
    public OnnxFlow(NormalizingFlow flow, OnnxGraph graph, OnnxValue? context, OnnxType precision, OdeOptions solver)
    {
        _dynamics = (FlowDynamics)flow.Blocks[0];
        _dimension = (int)flow.Dimension;
        (_graph, _precision) = (graph, precision);
        _layers = [.. _dynamics.Layers.Select((layer, i) => new OnnxFlowLayer(layer, graph, precision, i == 0 ? context : null))];
        _spheres = flow.Manifold.IsEuclidean ? null : new OnnxSpheres(flow.Manifold, graph, precision);
        _traceForm = CreateTraceForm();
        _solver = new OnnxRungeKutta((RungeKutta)solver.Method, (PiStepControl)solver.StepControl, solver.MaximumSteps);
    }

    /// <summary>Carries points [rows, width] to the base distribution.</summary>
    /// <returns>Latent vectors [rows, width] and -∫ tr ∂f/∂z dt, [rows, 1].</returns>
    public (OnnxValue Latent, OnnxValue LogDeterminant) Encode(OnnxValue points)
    {
        OnnxValue start = OnnxValue.Concatenate(1, points, _graph.PerRow(_graph.Number(0, _precision), points, 1));
        OnnxValue end = _solver.Solve(start, (time, state) =>
        {
            (OnnxValue value, OnnxValue divergence) = Evaluate(1 - time, state.Slice(1, 0, _dimension), wantsDivergence: true);
            return -OnnxValue.Concatenate(1, value, divergence);
        });
        return (Project(end.Slice(1, 0, _dimension)), end.Slice(1, _dimension, _dimension + 1));
    }

    /// <summary>Carries latent vectors [rows, width] to points.</summary>
    public OnnxValue Decode(OnnxValue latent) => Project(_solver.Solve(latent, (time, state) => Evaluate(time, state, wantsDivergence: false).Value));

    private OnnxValue Project(OnnxValue rows) => _spheres?.Normalize(rows) ?? rows;

    // The tangent part of the perceptron's value, and the divergence on the manifold, as in ManifoldFlowTerm.
    private (OnnxValue Value, OnnxValue Divergence) Evaluate(OnnxValue time, OnnxValue state, bool wantsDivergence)
    {
        OnnxValue point = Project(state);
        OnnxValue rowTime = time.To(_precision);
        OnnxValue[] gains = new OnnxValue[_layers.Length];
        OnnxValue x = point;
        for (int i = 0; i < _layers.Length; i++)
        {
            (x, OnnxValue? gate) = _layers[i].Apply(x, rowTime);
            bool isLast = i + 1 == _layers.Length;
            OnnxValue derivative = isLast ? _graph.Number(1, _precision) : Activate(ref x);
            gains[i] = gate is null ? derivative : derivative * gate;
        }

        OnnxValue value = _spheres?.Tangent(point, x) ?? x;
        if (!wantsDivergence)
        {
            return (value, value);
        }

        OnnxValue trace = Trace(gains);
        return (value, _spheres is null ? trace : trace - AlongNormals(point, gains) - _spheres.MeanCurvature(point, x));
    }

    // Activates in place; the result is the derivative.
    private OnnxValue Activate(ref OnnxValue x)
    {
        if (_dynamics.Activation == DynamicsActivation.Tanh)
        {
            x = x.Tanh();
            return 1 - (x * x);
        }

        OnnxValue derivative = x.Sigmoid();
        x = x.Maximum(_graph.Number(0, _precision)) + ((-x.Abs()).Exp() + 1).Log();
        return derivative;
    }

    // Without gates, and with up to two hidden layers, the trace is a bilinear form of the derivatives: see TraceForm.
    private OnnxValue? CreateTraceForm()
    {
        if (_dynamics.Time == FlowTimeConditioning.ConcatSquash || !TraceForm.Supports(_layers.Length))
        {
            return null;
        }

        using var form = new TraceForm([.. _dynamics.Layers.Select(layer => layer.Weight)]);
        return _graph.Constant(form.Form, _precision);
    }

    private OnnxValue Trace(OnnxValue[] gains)
    {
        if (_traceForm is null)
        {
            return SumOfProducts(_graph.Identity(_dimension, _precision), gains);
        }

        OnnxValue product = gains[0].MatrixProduct(_traceForm);
        return _layers.Length == 2 ? product : (product * gains[1]).Sum(1);
    }

    private OnnxValue AlongNormals(OnnxValue point, OnnxValue[] gains) => SumOfProducts(_spheres!.Normals(point), gains);

    /// <summary>Σ vᵀ ∂u/∂x v over directions v, [rows, directions, width].</summary>
    private OnnxValue SumOfProducts(OnnxValue directions, OnnxValue[] gains)
    {
        OnnxValue tangents = directions;
        for (int i = 0; i < _layers.Length; i++)
        {
            // The last gain is one where there is no gate.
            OnnxValue product = tangents.MatrixProduct(_layers[i].Weight);
            tangents = i + 1 == _layers.Length && !_layers[i].HasGate ? product : product * gains[i].Unsqueeze(1);
        }

        return (tangents * directions).Sum(2).Sum(1, keep: false);
    }
}
