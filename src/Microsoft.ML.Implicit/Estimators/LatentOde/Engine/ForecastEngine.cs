using System.Reflection;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Follows one series as its observations come in, and forecasts it at any time. With the latent state at the last
/// observation, a new observation costs one step of the encoder, however long the history. Safe to use from several
/// threads at once; calls wait for each other.
/// </summary>
/// <remarks>
/// After more than <see cref="LatentOdeOptions.ContextLength"/> observations the encoder's state still holds traces of those that
/// <c>Transform</c> no longer reads, and the forecasts of the two differ a little.
/// </remarks>
/// <typeparam name="TObservation">
/// Class of observations: a property for the time column (Single, Double, DateTime, DateTimeOffset or TimeSpan) and one of
/// type Single for each input and static column. Static values are read from the first observation.
/// </typeparam>
/// <typeparam name="TForecast">Class of forecasts: properties of type <c>float[]</c> named like the output columns.</typeparam>
public sealed class ForecastEngine<TObservation, TForecast>
    where TObservation : class, new()
    where TForecast : class, new()
{
    private readonly LatentOdeModelParameters _model;
    private readonly ForecastColumns _columns;
    private readonly string[] _covariates;
    private readonly ObservationReader<TObservation> _reader;
    private readonly Lock _lock = new();
    private ForecastState? _state;

    internal ForecastEngine(LatentOdeTransformer transformer, ForecastState? state)
    {
        _model = transformer.Model;
        _columns = transformer.Output;
        _covariates = transformer.Input.Covariates;
        _reader = new ObservationReader<TObservation>(transformer.Input);
        _state = state;
        foreach (string name in _columns.Names)
        {
            if (Property(name) is { } property && property.PropertyType != typeof(float[]))
            {
                throw new ArgumentException($"Property '{name}' of {typeof(TForecast).Name} is {property.PropertyType.Name}; expected an array of Single.");
            }
        }
    }

    /// <summary>Number of observations so far, those at one time counted apart, and those without any observed value left out.</summary>
    public long ObservationCount
    {
        get
        {
            lock (_lock)
            {
                return _state?.ObservationCount ?? 0;
            }
        }
    }

    /// <summary>Takes in an observation.</summary>
    /// <param name="observation">
    /// The observation; a value of NaN was not observed. It becomes one with others at the same time: each variable then has the mean of
    /// the values that came for it. One without any value says that time has passed, and nothing else.
    /// </param>
    /// <exception cref="ArgumentException">Its time is not finite, or lies before that of the last observation.</exception>
    public void Observe(TObservation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        double time = _reader.ReadTime(observation);
        float[] values = _reader.ReadValues(observation);
        lock (_lock)
        {
            if (!double.IsFinite(time) || time < _state?.End)
            {
                throw new ArgumentException($"An observation at {time} cannot follow one at {_state?.End}: observe in the order of time.", nameof(observation));
            }

            _state ??= new ForecastState(_model);
            if (_state.ObservationCount == 0)
            {
                _state.SetStatics(_reader.ReadStatics(observation));
            }

            _model.Advance(_state, time, values);
        }
    }

    /// <summary>Sets the covariates that are known ahead, from the first observation on to the last time to forecast; they replace those set before.</summary>
    /// <param name="times">Times from which values hold.</param>
    /// <param name="values">One array a covariate, in the order of the covariate columns.</param>
    /// <exception cref="ArgumentException">No time is finite, or there is not one array as long as the times for each covariate column.</exception>
    public void SetCovariates(double[] times, params float[][] values)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != _covariates.Length || values.Any(array => array is null || array.Length != times.Length))
        {
            throw new ArgumentException($"Give {_covariates.Length} arrays of {times.Length} values.", nameof(values));
        }

        if (!times.Any(double.IsFinite))
        {
            throw new ArgumentException("Give at least one finite time from which covariates hold.", nameof(times));
        }

        lock (_lock)
        {
            _state ??= new ForecastState(_model);
            _model.SetCovariates(_state, times, values);
        }
    }

    /// <summary>Forecasts at times after the last observation.</summary>
    /// <param name="times">
    /// Points in time, in the unit of the time column (days from 1970-01-01 UTC for dates); none for the trained horizon after what came last,
    /// whether or not it held a value.
    /// </param>
    /// <returns>For each input column the values at all times; NaN before the last observation.</returns>
    /// <exception cref="ArgumentException">A time is not finite, or lies more than 1000 times <see cref="LatentOdeModelParameters.TrainedHorizon"/> after the last observation.</exception>
    /// <exception cref="InvalidOperationException">Nothing was observed yet, or covariates that the model needs were not set.</exception>
    public TForecast Forecast(params double[] times)
    {
        ArgumentNullException.ThrowIfNull(times);
        lock (_lock)
        {
            ForecastState state = Complete();
            double[] wanted = times.Length > 0 ? times : [.. _columns.Horizon.Select(ahead => state.End + ahead)];
            if (wanted.Length == 0)
            {
                throw new ArgumentException("Give times to forecast at: the forecaster was trained without a fixed horizon.", nameof(times));
            }

            ForecastReach.Check(wanted, state.History.LastTime, _model.TrainedHorizon, string.Empty);
            return Convert(_model.Forecast(state, wanted));
        }
    }

    /// <summary>
    /// Estimates values between observations: the forecast from the observations before, tied to those on both sides in the
    /// manner of a Brownian bridge.
    /// </summary>
    /// <param name="times">Points in time from the first remembered observation on; the engine remembers as many as <see cref="LatentOdeOptions.ContextLength"/>.</param>
    /// <returns>For each input column the values at all times; NaN before the first remembered observation. After the last one they are forecasts.</returns>
    /// <exception cref="ArgumentException">
    /// A time is not finite, or lies more than 1000 times <see cref="LatentOdeModelParameters.TrainedHorizon"/> after the last observation or in a gap
    /// longer than that.
    /// </exception>
    /// <exception cref="InvalidOperationException">Nothing was observed yet, or covariates that the model needs were not set.</exception>
    public TForecast Interpolate(params double[] times)
    {
        ArgumentNullException.ThrowIfNull(times);
        lock (_lock)
        {
            ForecastState state = Complete();
            ForecastReach.Check(times, state.History.LastTime, _model.TrainedHorizon, string.Empty);
            return Convert(ForecastBridge.Interpolate(_model, state, times));
        }
    }

    /// <summary>Writes what was observed to a file, to go on with <see cref="LatentOdeTransformer.ResumeForecastEngine"/> and the same model.</summary>
    /// <param name="path">File to write; one that is there is replaced as a whole, and stays as it is if the process ends or the write fails.</param>
    /// <exception cref="InvalidOperationException">Nothing was observed yet.</exception>
    /// <exception cref="IOException">The file cannot be written, such as on a full disk.</exception>
    public void CheckPoint(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        lock (_lock)
        {
            ForecastCheckPoint.Write(path, _model, Observed());
        }
    }

    private ForecastState Observed() =>
        _state is { ObservationCount: > 0 } state ? state : throw new InvalidOperationException("Nothing was observed yet.");

    private ForecastState Complete()
    {
        ForecastState state = Observed();
        return state.CovariateTimes.Length > 0 || _covariates.Length == 0
            ? state
            : throw new InvalidOperationException(
                $"The model needs the covariates '{string.Join("', '", _covariates)}', and none were given: call {nameof(SetCovariates)}, with values up to the last time to forecast.");
    }

    private TForecast Convert(SeriesForecast forecast)
    {
        var result = new TForecast();
        Property(_columns.Forecast)?.SetValue(result, forecast.Mean);
        Property(_columns.Lower)?.SetValue(result, forecast.Lower);
        Property(_columns.Upper)?.SetValue(result, forecast.Upper);
        return result;
    }

    private static PropertyInfo? Property(string? name) => name is null ? null : typeof(TForecast).GetProperty(name);
}
