using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>
/// The mapper within an ONNX file: for series in vectors of known size, shorter ones filled up with NaN times. A series whose times do not
/// rise gives NaN there.
/// </content>
internal sealed partial class ForecastMapper : IOnnxExportable
{
    public string? OnnxObstacle =>
        _model is not LatentOdeModelParameters ? "It forecasts by simulated paths, which have no ONNX form; a latent ODE has one."
        : _output.Times is not null ? "The times to forecast at come from a column; an ONNX model forecasts at given times after the end of a series."
        : _model.Architecture.Settings.Encoder != SeriesEncoderKind.Gru || _model.Architecture.Settings.Anchor != LatentAnchor.LastObservation
            ? $"Of its encoders, {nameof(SeriesEncoderKind)}.{nameof(SeriesEncoderKind.Gru)} anchored at the last observation has an ONNX form."
        : _input.Covariates.Length > 0 ? "It reads covariates, whose times are not those of the observations."
        : _model.Scaling.Categories.Statics.Length > 0
            ? $"It reads categories in column '{_model.Scaling.Categories.Statics[0].Column.Name}'; a forecaster of numbers alone has an ONNX form."
        : null;

    public IReadOnlyList<OnnxValue> WriteTo(OnnxGraph graph, DataViewSchema inputSchema)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        int length = CheckLength(inputSchema);
        SeriesScaling scaling = _model.Scaling;
        DataViewType timeType = inputSchema[_input.Times].Type.GetItemType();
        OnnxValue times = graph.Column(_input.Times, timeType.Equals(NumberDataViewType.Double) ? OnnxType.Double : OnnxType.Single).To(OnnxType.Double);
        OnnxValue values = OnnxValue.Concatenate(1, [.. _input.Values.Select(name => graph.Column(name).Unsqueeze(1))]);
        OnnxGru[] encoders = [.. _model.Networks.Select(network => new OnnxGru(network.Encoder.state_dict(), graph, (int)network.Encoder.StateWidth))];
        OnnxSeriesHistory history = OnnxSeriesHistory.Read(scaling, times, values, Statics(graph), length, encoders);

        // [rows, variables, times] from here on.
        int count = _output.Horizon.Length;
        OnnxValue ahead = history.End.Unsqueeze(2) + graph.Constant(_output.Horizon, OnnxType.Double, 1, 1, count);
        OnnxValue horizons = (ahead - history.LastTime.Unsqueeze(2)) / scaling.Horizon;
        OnnxValue isCovered = history.IsKnown.Unsqueeze(2) & (horizons <= ForecastReach.MostHorizons);
        horizons = isCovered.Where(horizons, 0);
        var reach = new OnnxForecastReach(horizons);
        OnnxValue pathTimes = history.LastTime.Unsqueeze(2) + (reach.PathHorizons * scaling.Horizon);
        OnnxValue asked = OnnxValue.Concatenate(2, ahead + (horizons * 0), pathTimes), askedHorizons = OnnxValue.Concatenate(2, horizons, reach.PathHorizons);
        (OnnxValue mean, OnnxValue scale) = Predict(history, asked, askedHorizons);
        if (_model.Blend is { } blend)
        {
            OnnxValue changes = new OnnxHistoryRegression(blend.Regression, scaling, times, values, history).Forecast(asked, askedHorizons, length);
            mean = changes + (graph.Constant(blend.NetworkShares, OnnxType.Double, 1, blend.NetworkShares.Length, 1) * (mean - changes));
        }

        scale *= _model.ScaleProfile.At(askedHorizons);
        OnnxValue start = history.Start.Unsqueeze(2);
        OnnxValue change = scaling.Constant(graph, variable => variable.ChangeScale).Unsqueeze(2);
        OnnxValue usualFactor = Factors(_model.IntervalFactors);
        OnnxValue factor = history.IsInterrupted.Unsqueeze(2).Where(Factors(_model.IntervalFactorsAfterGap), usualFactor);
        OnnxValue adjusted = start + (mean.Slice(2, 0, count) * change);
        OnnxValue forecast = isCovered.Where(adjusted + OfOwnVariable(scaling.Seasonal(ahead)), double.NaN);
        OnnxValue half = (change * reach.HalfWidth(mean, scale, factor, count)).Maximum(scaling.LeastHalfWidth(history.Start).Unsqueeze(2));
        OnnxValue doubt = scaling.Doubt(adjusted, history.Start, history.Last, history.Previous);
        half = (doubt > 0).Where(half.Maximum(change * usualFactor) + doubt, half);
        return [.. _output.Names.Select(name => (name == _output.Forecast ? forecast : name == _output.Lower ? forecast - half : name == _output.Upper ? forecast + half : Quantiles()).Flatten())];

        OnnxValue Quantiles()
        {
            int variables = scaling.Variables.Length;
            double[] ratios = [.. Enumerable.Range(0, variables).SelectMany(v => _model.Quantiles.Ratios.Select(ratio => ratio[v]))];
            return forecast.Unsqueeze(3) + (half.Unsqueeze(3) * graph.Constant(ratios, OnnxType.Double, 1, variables, 1, _model.Quantiles.Levels.Length));
        }

        OnnxValue Factors(double[] factors) => graph.Constant(factors, OnnxType.Double, 1, factors.Length, 1);
    }

    private int CheckLength(DataViewSchema schema)
    {
        int length = schema[_input.Times].Type.GetVectorSize();
        DataViewType item = schema[_input.Times].Type.GetItemType();
        if (length == 0 || length > _model.Architecture.Settings.ContextLength || _input.Values.Any(name => schema[name].Type.GetVectorSize() != length))
        {
            throw OnnxRefusal.Create(
                nameof(LatentOdeForecaster),
                $"Its columns '{_input.Times}' and {string.Join(", ", _input.Values.Select(name => $"'{name}'"))} must be vectors of one known size of at most {nameof(LatentForecasterOptions.ContextLength)}, {_model.Architecture.Settings.ContextLength}; fill up shorter series with NaN times.");
        }

        return item.Equals(NumberDataViewType.Double) || item.Equals(NumberDataViewType.Single)
            ? length
            : throw OnnxRefusal.Create(nameof(LatentOdeForecaster), $"Column '{_input.Times}' holds {item}; convert times to numbers of days first.");
    }

    private OnnxValue? Statics(OnnxGraph graph)
    {
        if (_input.Statics.Length == 0)
        {
            return null;
        }

        SeriesScaling scaling = _model.Scaling;
        OnnxValue values = OnnxValue.Concatenate(1, [.. _input.Statics.Select(name => graph.Column(name))]).To(OnnxType.Double);
        OnnxValue scaled = (values - graph.Constant(scaling.StaticCenters, OnnxType.Double, 1, scaling.StaticCenters.Length))
            / graph.Constant(scaling.StaticScales, OnnxType.Double, 1, scaling.StaticScales.Length);
        return values.IsFinite().Where(SeriesScaling.Clip(scaled), 0).To(OnnxType.Single);
    }

    // Mean and scale of the ensemble in change scales, float64 [rows, variables, times].
    private (OnnxValue Mean, OnnxValue Scale) Predict(OnnxSeriesHistory history, OnnxValue times, OnnxValue horizons)
    {
        SeriesScaling scaling = _model.Scaling;
        int variables = scaling.Variables.Length;
        OnnxGraph graph = times.Graph;
        OnnxValue learned = scaling.StaysBeyondHorizon ? horizons.Minimum(graph.Number(1, OnnxType.Double)) : horizons;
        var features = new List<OnnxValue> { learned.Unsqueeze(3), scaling.Gap(learned * scaling.Horizon).Unsqueeze(3) };
        if (scaling.Seasons(times) is { } seasons)
        {
            // Times are those of the row, whichever the variable.
            features.Add(seasons + (features[0] * 0));
        }

        // Each history is a row of its own.
        OnnxValue targets = OnnxValue.Concatenate(3, [.. features]).To(OnnxType.Single).Reshape(Shape(-1, scaling.TargetFeatureCount));
        OnnxValue places = (learned * _model.Architecture.Settings.SolverSteps).Reshape(Shape(-1));
        OnnxValue lastFeatures = history.Features.Reshape(-1, scaling.FeatureCount);
        (OnnxValue Mean, OnnxValue Scale)[] forecasts = [.. _model.Networks.Select((network, i) =>
            new OnnxLatentPath((LatentOdeNetwork)network, _model.Architecture, variables, graph)
                .Forecast(history.States[i].Reshape(-1, network.Encoder.StateWidth), lastFeatures, places, targets))];
        return (Average(Array.ConvertAll(forecasts, forecast => forecast.Mean)), Average(Array.ConvertAll(forecasts, forecast => forecast.Scale)));

        OnnxValue Average(OnnxValue[] members)
        {
            OnnxValue mean = members.Aggregate((sum, member) => sum + member) / members.Length;
            OnnxValue shape = OnnxValue.Concatenate(0, graph.Constant([-1, variables], 2), horizons.Size(2), graph.Constant([variables], 1));
            return OfOwnVariable(mean.To(OnnxType.Double).Reshape(shape));
        }

        // The number of times lies between the sizes.
        OnnxValue Shape(params long[] sizes) =>
            OnnxValue.Concatenate(0, [graph.Constant([sizes[0]], 1), horizons.Size(2), .. sizes.Skip(1).Select(size => graph.Constant([size], 1))]);
    }

    // From the history of each variable, [rows, variables or 1, times, variables], what concerns that variable itself: [rows, variables, times].
    private OnnxValue OfOwnVariable(OnnxValue values)
    {
        int variables = _model.Scaling.Variables.Length;
        return (values * values.Graph.Identity(variables, OnnxType.Double).Reshape(1, variables, 1, variables)).Sum(3, keep: false);
    }
}
