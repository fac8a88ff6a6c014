using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A <see cref="LatentOdeNetwork"/> without covariates within an ONNX file: its posterior's mean, its path and its decoder.</summary>
internal sealed class OnnxLatentPath
{
    private readonly LatentArchitecture _architecture;
    private readonly OnnxGraph _graph;
    private readonly Dictionary<string, Tensor> _state;
    private readonly OnnxValue[] _dynamics;
    private readonly int _variables;

    public OnnxLatentPath(LatentOdeNetwork network, LatentArchitecture architecture, int variables, OnnxGraph graph)
    {
        (_architecture, _graph, _variables) = (architecture, graph, variables);
        _state = network.state_dict();
        _dynamics = [.. network.DynamicsParameters.Select(parameter => graph.Constant(parameter))];
    }

    /// <summary>Means and scales at times ahead.</summary>
    /// <param name="encoded">The encoder's state, [rows, width].</param>
    /// <param name="lastFeatures">[rows, features].</param>
    /// <param name="places">Times in steps of the solver, not negative, float64 [rows, times].</param>
    /// <param name="targetFeatures">float32 [rows, times, features].</param>
    /// <returns>float32 [rows, times, variables] each.</returns>
    public (OnnxValue Mean, OnnxValue Scale) Forecast(OnnxValue encoded, OnnxValue lastFeatures, OnnxValue places, OnnxValue targetFeatures)
    {
        int width = _architecture.Settings.LatentWidth;
        OnnxValue initial = Head("posterior", OnnxValue.Concatenate(1, encoded, lastFeatures)).Slice(1, 0, width);
        OnnxValue latent = Path(initial, places);
        OnnxValue decoded = Head("decoder", OnnxValue.Concatenate(2, latent, targetFeatures));
        return (decoded.Slice(2, 0, _variables), (decoded.Slice(2, _variables, 2 * _variables) + 0.5).Softplus() + LatentNetwork.SmallestScale);
    }

    // Each step's cubic gives the states at the times within it.
    private OnnxValue Path(OnnxValue initial, OnnxValue places)
    {
        int width = _architecture.Settings.LatentWidth;
        double size = LatentNetwork.HorizonLength / _architecture.Settings.SolverSteps;
        OnnxValue farthest = places.Reshape(-1).Largest(0);
        OnnxValue steps = places.Floor();
        OnnxValue[] state = [initial, Slope(initial), places.To(OnnxType.Single).Unsqueeze(2) * _graph.Constant(new double[width], OnnxType.Single, width)];
        long most = 1 + (long)(ForecastReach.MostHorizons * _architecture.Settings.SolverSteps);
        return _graph.Loop(most, state, (index, current) =>
        {
            OnnxValue step = index.To(OnnxType.Double).Reshape(1);
            (OnnxValue z, OnnxValue slope) = (current[0], current[1]);
            OnnxValue end = Step(z, slope, size), endSlope = Slope(end);
            OnnxValue theta = (places - step).To(OnnxType.Single).Unsqueeze(2);
            OnnxValue difference = (end - z).Unsqueeze(1), first = (slope * size).Unsqueeze(1), last = (endSlope * size).Unsqueeze(1);
            OnnxValue cubic = first + last - (difference * 2), quadratic = difference - first - cubic;
            OnnxValue within = z.Unsqueeze(1) + (theta * (first + (theta * (quadratic + (theta * cubic)))));
            OnnxValue isHere = steps.EqualTo(step).Unsqueeze(2);
            return ((step + 1) <= farthest, [end, endSlope, isHere.Where(within, current[2])]);
        })[2];
    }

    private OnnxValue Step(OnnxValue z, OnnxValue slope, double size)
    {
        RungeKutta method = OdeMethods.RungeKutta4;
        var slopes = new List<OnnxValue> { slope };
        OnnxValue end = z;
        for (int stage = 1; stage <= method.EndStage; stage++)
        {
            end = z + (method.A[stage].Select((weight, i) => (weight, i)).Where(pair => pair.weight != 0).Select(pair => slopes[pair.i] * (pair.weight * size)).Aggregate((sum, term) => sum + term));
            if (stage < method.EndStage)
            {
                slopes.Add(Slope(end));
            }
        }

        return end;
    }

    private OnnxValue Slope(OnnxValue z) => (z.MatrixProduct(_dynamics[0]) + _dynamics[1]).Tanh().MatrixProduct(_dynamics[2]) + _dynamics[3];

    // A linear map plus a perceptron with one hidden layer.
    private OnnxValue Head(string name, OnnxValue input)
    {
        OnnxValue hidden = Linear($"{name}.hidden", input);
        return Linear($"{name}.linear", input) + Linear($"{name}.output", hidden * hidden.Sigmoid());
    }

    private OnnxValue Linear(string name, OnnxValue input) =>
        input.MatrixProduct(_graph.Constant(_state[$"{name}.weight"].t())) + _graph.Constant(_state[$"{name}.bias"]);
}
