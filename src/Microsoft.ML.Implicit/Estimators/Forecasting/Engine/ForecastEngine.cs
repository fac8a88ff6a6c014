using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Follows one series as its observations come in, and forecasts it at any time. With the latent state at the last
/// observation, a new observation costs one step of the encoder, however long the history. Safe to use from several
/// threads at once; calls wait for each other.
/// </summary>
/// <remarks>
/// Forecasts are those of <c>Transform</c> on all observations so far, to rounding, where the encoder reads its history anew: <see cref="SeriesEncoderKind.ControlledDifferentialEquation"/>,
/// and any with <see cref="LatentAnchor.FirstObservation"/>. After more than <see cref="LatentForecasterOptions.ContextLength"/> observations
/// the state of the other encoders still holds traces of those that <c>Transform</c> no longer reads, and the forecasts of the two differ a little.
/// </remarks>
/// <typeparam name="TObservation">
/// Class of observations: a public property or field for the time column (Single, Double, DateTime, DateTimeOffset or TimeSpan) and one of
/// type Single for each input and static column, String where the model was trained on text or keys with values there, and UInt32, from 0 on, where on keys without,
/// with the column's name or marked by <see cref="ColumnNameAttribute"/>. Static values are read from the first observation.
/// </typeparam>
/// <typeparam name="TForecast">
/// Class of forecasts: public properties or fields of type <c>float[]</c> for output columns, and if there is one for the time column, an array of its
/// times or dates, it receives the times of the forecasts.
/// </typeparam>
public sealed class ForecastEngine<TObservation, TForecast>
    where TObservation : class
    where TForecast : class, new()
{
    private readonly ForecastModelParameters _model;
    private readonly ForecastColumns _columns;
    private readonly SeriesColumns _input;
    private readonly ObservationReader<TObservation> _reader;
    private readonly ForecastWriter<TForecast> _writer;
    private readonly Lock _lock = new();
    private ForecastState? _state;

    internal ForecastEngine(IForecastTransformer transformer, ForecastState? state)
    {
        _model = transformer.Model;
        _columns = transformer.Output;
        _input = transformer.Input;
        _reader = new ObservationReader<TObservation>(_input, Categories);
        _writer = new ForecastWriter<TForecast>(_columns, _model.Quantiles, _input.Times);
        _state = state;
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
                throw new ArgumentException(
                    _state is { } state && double.IsFinite(time)
                        ? $"An observation at {_reader.TimeKind.Describe(time)} cannot follow one at {_reader.TimeKind.Describe(state.End)}: observe in the order of time."
                        : $"An observation's time is {_reader.TimeKind.Describe(time)}; it must be finite.",
                    nameof(observation));
            }

            _state ??= new ForecastState(_model);
            if (_state.ObservationCount == 0)
            {
                _state.SetStatics(_reader.ReadStatics(observation), _reader.ReadStaticCategories(observation));
            }

            _model.Advance(_state, time, values);
        }
    }

    /// <summary>Sets the covariates that are known ahead, from the first observation on to the last time to forecast; they replace those set before.</summary>
    /// <param name="times">Times from which values hold.</param>
    /// <param name="values">One array a covariate, in the order of the covariate columns.</param>
    /// <exception cref="ArgumentException">No time is finite, there is not one array as long as the times for each covariate column, or a covariate is a category.</exception>
    public void SetCovariates(double[] times, params float[][] values)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(values);
        if (Categories.Covariates is [var category, ..])
        {
            throw new ArgumentException($"Covariate '{category.Column.Name}' is a category, not a number: give objects that have it, one a time.", nameof(values));
        }

        if (values.Length != _input.Covariates.Length || values.Any(array => array is null || array.Length != times.Length))
        {
            throw new ArgumentException($"Give {_input.Covariates.Length} arrays of {times.Length} values.", nameof(values));
        }

        SetCovariates(times, values, []);
    }

    /// <summary>Sets the covariates that are known ahead, from dates on; they replace those set before.</summary>
    /// <param name="times">Dates from which values hold, a local one converted to UTC, one of unspecified kind taken as UTC.</param>
    /// <param name="values">One array a covariate, in the order of the covariate columns.</param>
    /// <exception cref="ArgumentException">Observations tell time as numbers or spans, or there is not one array as long as the dates for each covariate column.</exception>
    [OverloadResolutionPriority(-1)]
    public void SetCovariates(DateTime[] times, params float[][] values)
    {
        ArgumentNullException.ThrowIfNull(times);
        SetCovariates(_reader.ToTimes(times), values);
    }

    /// <summary>Sets the covariates that are known ahead, numbers and categories, one object a time; they replace those set before.</summary>
    /// <typeparam name="TCovariates">
    /// Class with a public property or field for the column of covariates' times (that of the observations where they have none of their own) and one for each
    /// covariate column: Single, or as for static columns String or UInt32 where the model was trained on categories.
    /// </typeparam>
    /// <param name="values">Objects with a time each, from which their values hold, from the first observation on to the last time to forecast.</param>
    /// <exception cref="ArgumentException">A property or field is missing or has the wrong type, an object is null, or no time is finite.</exception>
    public void SetCovariates<TCovariates>(IEnumerable<TCovariates> values)
        where TCovariates : class
    {
        ArgumentNullException.ThrowIfNull(values);
        TCovariates[] rows = [.. values];
        if (Array.Exists(rows, row => row is null))
        {
            throw new ArgumentException("An object is null.", nameof(values));
        }

        (double[] times, float[][] numbers, string[][] categories) = new CovariateReader(typeof(TCovariates), _input, Categories).Read(rows);
        SetCovariates(times, numbers, categories);
    }

    /// <summary>Forecasts at times after the last observation.</summary>
    /// <param name="times">
    /// Points in time, in the unit of the time column (days from 1970-01-01 UTC for dates); none, or an empty array, for the forecaster's
    /// <see cref="ForecasterOptions.Horizon"/> after what came last, whether or not it held a value.
    /// </param>
    /// <returns>
    /// For each input column the values at all times; NaN at those before the last observation, as from <c>Transform</c>: for these there is
    /// <see cref="Interpolate(double[])"/>.
    /// </returns>
    /// <exception cref="ArgumentException">A time is not finite, or lies more than 1000 times <see cref="ForecastModelParameters.TrainedHorizon"/> after the last observation.</exception>
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

            ForecastReach.Check(wanted, state.History.LastTime, _model.TrainedHorizon, _reader.TimeKind);
            return _writer.Write(_model.Forecast(state, wanted), wanted);
        }
    }

    /// <summary>Forecasts at dates after the last observation.</summary>
    /// <param name="times">Dates, a local one converted to UTC, one of unspecified kind taken as UTC; none, or no elements, for the forecaster's <see cref="ForecasterOptions.Horizon"/> after what came last.</param>
    /// <returns>For each input column the values at all times; NaN at those before the last observation.</returns>
    /// <exception cref="ArgumentException">
    /// Observations tell time as numbers or spans, or a date lies more than 1000 times <see cref="ForecastModelParameters.TrainedHorizon"/> after the last observation.
    /// </exception>
    /// <exception cref="InvalidOperationException">Nothing was observed yet, or covariates that the model needs were not set.</exception>
    [OverloadResolutionPriority(-1)]
    public TForecast Forecast(params IEnumerable<DateTime> times)
    {
        ArgumentNullException.ThrowIfNull(times);
        return Forecast(_reader.ToTimes(times));
    }

    /// <summary>
    /// Estimates values between observations: the forecast from the observations before, tied to those on both sides in the
    /// manner of a Brownian bridge.
    /// </summary>
    /// <param name="times">Points in time from the first remembered observation on; the engine remembers as many as <see cref="LatentForecasterOptions.ContextLength"/>.</param>
    /// <returns>For each input column the values at all times; NaN before the first remembered observation. After the last one they are forecasts.</returns>
    /// <exception cref="ArgumentException">
    /// A time is not finite, or lies more than 1000 times <see cref="ForecastModelParameters.TrainedHorizon"/> after the last observation or in a gap
    /// longer than that.
    /// </exception>
    /// <exception cref="InvalidOperationException">Nothing was observed yet, or covariates that the model needs were not set.</exception>
    public TForecast Interpolate(params double[] times)
    {
        ArgumentNullException.ThrowIfNull(times);
        lock (_lock)
        {
            ForecastState state = Complete();
            ForecastReach.Check(times, state.History.LastTime, _model.TrainedHorizon, _reader.TimeKind);
            return _writer.Write(ForecastBridge.Interpolate(_model, state, times, _reader.TimeKind), times);
        }
    }

    /// <summary>Estimates values between observations, at dates.</summary>
    /// <param name="times">Dates from the first remembered observation on, a local one converted to UTC, one of unspecified kind taken as UTC.</param>
    /// <returns>For each input column the values at all times; NaN before the first remembered observation. After the last one they are forecasts.</returns>
    /// <exception cref="ArgumentException">
    /// Observations tell time as numbers or spans, or a date lies more than 1000 times <see cref="ForecastModelParameters.TrainedHorizon"/> after the last
    /// observation or in a gap longer than that.
    /// </exception>
    /// <exception cref="InvalidOperationException">Nothing was observed yet, or covariates that the model needs were not set.</exception>
    [OverloadResolutionPriority(-1)]
    public TForecast Interpolate(params IEnumerable<DateTime> times)
    {
        ArgumentNullException.ThrowIfNull(times);
        return Interpolate(_reader.ToTimes(times));
    }

    /// <summary>Writes what was observed to a file, to go on with <see cref="ForecastTransformer{TModel}.ResumeForecastEngine"/> and the same model.</summary>
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

    private SeriesCategories Categories => _model.Scaling.Categories;

    private void SetCovariates(double[] times, float[][] numbers, string[][] categories)
    {
        if (!times.Any(double.IsFinite))
        {
            throw new ArgumentException("Give at least one finite time from which covariates hold.", nameof(times));
        }

        lock (_lock)
        {
            _state ??= new ForecastState(_model);
            _model.SetCovariates(_state, times, numbers, categories);
        }
    }

    private ForecastState Observed() =>
        _state is { ObservationCount: > 0 } state ? state : throw new InvalidOperationException("Nothing was observed yet.");

    private ForecastState Complete()
    {
        ForecastState state = Observed();
        return state.CovariateTimes.Length > 0 || _input.Covariates.Length == 0
            ? state
            : throw new InvalidOperationException(
                $"The model needs the covariates '{string.Join("', '", _input.Covariates)}', and none were given: call {nameof(SetCovariates)}, with values up to the last time to forecast.");
    }
}
