using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The network within an ONNX file.</content>
internal sealed partial class DecisionNetwork
{
    /// <summary>Completes the arguments of a batch of programs.</summary>
    /// <param name="given">The given arguments, with rows first or one for all.</param>
    /// <param name="areConstant">Which of them are the same for all rows; set to what holds of the result.</param>
    /// <param name="features">float64 [rows, features], or null where nothing is predicted.</param>
    /// <param name="graph">Receives the constants.</param>
    public OnnxValue?[] Complete(OnnxValue?[] given, bool[] areConstant, OnnxValue? features, OnnxGraph graph)
    {
        OnnxValue?[] arguments = [.. given];
        if (features is not null && _weights is not null)
        {
            OnnxValue predicted = Predict(features, graph);
            int costs = _architecture.PredictsCost ? _architecture.Variables : 0;
            if (costs > 0)
            {
                (arguments[1], areConstant[1]) = (predicted.Slice(1, 0, costs) * CostScale, false);
            }

            if (_architecture.RightHandSides > 0)
            {
                (arguments[3], areConstant[3]) = (given[3]! + predicted.Slice(1, costs, costs + _architecture.RightHandSides), false);
            }
        }

        if (_interior is null)
        {
            return arguments;
        }

        OnnxValue interior = Interior(given[6], given[7], graph.Constant(_interior.unsqueeze(0)));
        bool isConstant = areConstant[6] && areConstant[7];
        if (_inequalities is not null)
        {
            arguments[2] = graph.Constant(_inequalities.unsqueeze(0));
            arguments[3] = interior.MatrixProduct(graph.Constant(_inequalities.t())) + graph.Constant(_slacks!.unsqueeze(0)).Exp();
            areConstant[3] = isConstant;
        }

        if (_equalities is not null)
        {
            arguments[4] = graph.Constant(_equalities.unsqueeze(0));
            arguments[5] = interior.MatrixProduct(graph.Constant(_equalities.t()));
            areConstant[5] = isConstant;
        }

        return arguments;
    }

    private OnnxValue Predict(OnnxValue features, OnnxGraph graph)
    {
        OnnxValue inputs = (features - graph.Constant(_center)) * graph.Constant(_factor);
        OnnxValue linear = inputs.MatrixProduct(graph.Constant(_weights!)) + graph.Constant(_biases!);
        if (_hiddenWeights is null)
        {
            return linear;
        }

        // ONNX Runtime has the error function for float32 alone.
        OnnxValue hidden = inputs.MatrixProduct(graph.Constant(_hiddenWeights)) + graph.Constant(_hiddenBiases!);
        OnnxValue share = ((hidden * Math.Sqrt(0.5)).To(OnnxType.Single).Erf().To(OnnxType.Double) + 1) * 0.5;
        return linear + (hidden * share).MatrixProduct(graph.Constant(_headWeights!));
    }

    private static OnnxValue Interior(OnnxValue? lower, OnnxValue? upper, OnnxValue parameters) => (lower, upper) switch
    {
        (null, null) => parameters,
        (not null, null) => lower + parameters.Exp(),
        (null, not null) => upper - parameters.Exp(),
        _ => lower + ((upper - lower) * parameters.Sigmoid()),
    };
}
