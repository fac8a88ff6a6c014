using System.Collections;
using System.Globalization;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A setting that a model to go on from keeps, beside what the options say of it, as texts that can be told.</summary>
/// <param name="Name">Name of the setting.</param>
/// <param name="Given">What the options say; <see langword="null"/> where they leave it open.</param>
/// <param name="Kept">What the model has.</param>
internal sealed record KeptSetting(string Name, string? Given, string Kept)
{
    /// <param name="name">Name of the setting.</param>
    /// <param name="given">What the options say; <see langword="null"/> where they leave it open.</param>
    /// <param name="kept">What the model has.</param>
    public static KeptSetting Of<T>(string name, T? given, T kept) => new(name, given is null ? null : Text(given), Text(kept));

    /// <summary>The columns of a series, which a model tells apart by their order.</summary>
    /// <param name="given">What the options say.</param>
    /// <param name="kept">What the model has.</param>
    public static IEnumerable<KeptSetting> OfColumns(SeriesColumns given, SeriesColumns kept) =>
    [
        Of(given.Settings.Value(0), given.Values, kept.Values),
        Of(given.Settings.Statics, given.Statics, kept.Statics),
        Of(given.Settings.Covariates, given.Covariates, kept.Covariates),
    ];

    /// <summary>Whether the options ask for nothing else.</summary>
    public bool IsKept => Given is null || Given == Kept;

    private static string Text(object? value) => value switch
    {
        null => "none",
        string text => $"'{text}'",
        IEnumerable items => $"[{string.Join(", ", items.Cast<object>().Select(Text))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
