namespace Microsoft.ML.Implicit.Solvers;

/// <summary>Checks of settings.</summary>
internal static class SettingRange
{
    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is.</exception>
    public static void Require(bool holds, string setting, object? value, string range)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(setting, value, $"{setting} must be {range}.");
        }
    }
}
